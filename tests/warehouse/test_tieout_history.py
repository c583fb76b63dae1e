"""What a check found is kept with each organization, once, where a rebuilt warehouse cannot lose it."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from medspa.local.tieouts import keep_results
from operational.models import TieoutResult
from pipelines.defs.checks import KEEP
from tests.conftest import MakeSettings
from tests.factories.practice import make_practice
from tests.support.databases import Database, Servers

CHECKED = dt.datetime(2026, 3, 2, 20, tzinfo=dt.UTC)


@pytest.fixture
def warehouse(servers: Servers) -> Iterator[Database]:
    """Migrated, without the tables that dbt makes."""
    with servers.clone("warehouse") as database:
        yield database


def test_results_go_to_their_organization_once_per_check(
    operational: Database, warehouse: Database, make_settings: MakeSettings
) -> None:
    org_id = make_practice(operational).org_id
    settings = make_settings(operational, warehouse)
    builder = warehouse.connect("build", autocommit=True)
    builder.execute("create table build.dim_organization (org_id uuid)")
    builder.execute("insert into build.dim_organization values (%s)", (org_id,))

    def checked(build: int, when: dt.datetime, *, passed: bool) -> None:
        builder.execute("insert into meta.check_run values (%s, 'full', %s)", (build, when))
        for owner, tieout in ((org_id, "ledger_marts"), (None, "suite raw.posting")):
            builder.execute(
                "insert into meta.tieout_result (build_id, batch_id, level, tieout, org_id, subject,"
                " left_minor, right_minor, passed, checked_at)"
                " values (%s, 7, 'full', %s, %s, '', 2, 1, %s, %s)",
                (build, tieout, owner, passed, when),
            )

    assert keep_results(settings) == 0
    checked(1, CHECKED, passed=False)
    assert keep_results(settings) == 2
    assert keep_results(settings) == 0
    checked(2, CHECKED + dt.timedelta(hours=1), passed=True)
    assert keep_results(settings) == 2
    with operational.session("app", org_id) as session:
        kept = session.scalars(
            select(TieoutResult).order_by(TieoutResult.created_at, TieoutResult.tieout)
        ).all()
        assert [(one.tieout, one.batch_id, one.passed) for one in kept] == [
            ("ledger_marts", 7, False),
            ("suite raw.posting", 7, False),
            ("ledger_marts", 7, True),
            ("suite raw.posting", 7, True),
        ]
    with operational.session("app", uuid.UUID(int=3)) as session:
        assert session.scalars(select(TieoutResult)).all() == []
    checked(3, CHECKED + dt.timedelta(hours=2), passed=True)
    assert _as_dagster_does(operational, warehouse) == "2 results kept.\n"


def _as_dagster_does(operational: Database, warehouse: Database) -> str:
    """What the command that Dagster starts after a check says."""
    dsns = {
        "MEDSPA_OPERATIONAL_APP_DSN": operational.dsn("app"),
        "MEDSPA_WAREHOUSE_BUILD_DSN": warehouse.dsn("build"),
    }
    done = subprocess.run(KEEP, env={**os.environ, **dsns}, check=True, capture_output=True, text=True)
    return done.stdout
