"""Two organizations that live seven weeks over the end of summer time, through services and pipeline."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from medspa.local.demo.desk import Desk
from medspa.local.demo.server import serving
from medspa.local.simulate import OnlyInDemo, simulate
from operational.organization.bootstrap import OrganizationExists
from operational.privacy.token_keys import export_token_keys
from operational.simulation.scale import neighbour, practice
from pipelines.run import run_pipeline
from tests.conftest import MakeSettings
from tests.support.booked_ways import check_happened, check_reports
from tests.support.content import digests
from tests.support.databases import Database, Servers

LAST = dt.date(2025, 11, 14)
LARGE = practice(LAST, months=2, visits=200, seed=138, slug="weeks", name="Weeks Aesthetics")
SMALL = neighbour(LAST, months=2, visits=24, seed=12, slug="weeks-neighbour", name="Valley")


@pytest.mark.timeout(600)  # two lives and a pipeline: minutes, where others compete for the processors
def test_a_life_ties_out_and_is_the_same_however_it_is_lived(
    settings: Settings, operational: Database, servers: Servers, make_settings: MakeSettings
) -> None:
    lines: list[str] = []
    large, small = simulate(settings, [LARGE, SMALL], lines.append)
    assert large.lived.completed > 30, large.lived
    assert sum(line.startswith("weeks 2025-") for line in lines) == 2
    _every_day_is_closed(operational)
    _the_outside_world_happened(operational)

    outcome = run_pipeline(settings, export_token_keys(settings))
    failed = [check for check in outcome.checks if not check.passed]
    assert (failed, len(outcome.checks) > 100) == ([], True)
    check_happened(operational, large.organization.org_id)
    with serving(settings) as http:
        check_reports(operational, Desk(http, large.organization.api_key), large)

    with servers.clone("operational") as second:
        (again,) = simulate(make_settings(second), [LARGE], together=False)
        assert again.lived == large.lived
        assert digests(second, again.organization.org_id) == digests(operational, large.organization.org_id)
        with pytest.raises(OrganizationExists):
            simulate(make_settings(second), [LARGE])
    assert small.lived.visits > 0
    assert clock.uses_system_clock()


def test_live_data_is_never_simulated(make_settings: MakeSettings, operational: Database) -> None:
    with pytest.raises(OnlyInDemo):
        simulate(make_settings(operational, mode="live"), [SMALL])
    with operational.session("admin") as session:
        assert session.execute(text("select count(*) from organization")).scalar_one() == 0


def _the_outside_world_happened(database: Database) -> None:
    """Two months are too short for a verdict; what comes sooner is there, and the bank is matched."""
    counted = {
        "paid out": "select count(*) from processor_payout",
        "matched": "select count(*) from bank_line where match_kind is not null",
        "dues": "select count(*) from membership_period where status = 'paid'",
        "by link": "select count(*) from link_token where purpose = 'payment'",
    }
    with database.session("admin") as session:
        found = {name: session.execute(text(query)).scalar_one() for name, query in counted.items()}
        unmatched = session.execute(text("select count(*) from bank_line where match_kind is null"))
        assert (unmatched.scalar_one(), min(found.values()) > 0) == (0, True), found


def _every_day_is_closed(database: Database) -> None:
    with database.session("admin") as session:
        days = session.execute(
            text(
                "select l.code, count(*), max(d.business_date), count(*) filter (where d.status = 'open')"
                " from business_day d join location l on l.id = d.location_id group by l.code"
            )
        ).all()
    assert {(code, last, still_open) for code, _, last, still_open in days} == {
        ("NORTH", LAST, 0),
        ("SOUTH", LAST, 0),
        ("VALLEY", LAST, 0),
    }
    assert all(number > 40 for _, number, _, _ in days)
