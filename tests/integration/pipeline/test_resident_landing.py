"""The landing process that stays: many orders in one process, refusals, and what happens when it dies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipelines.errors import LandingFailed
from pipelines.land.batch import Order
from pipelines.land.lake import Lake
from pipelines.resident import ResidentLanding
from tests.conftest import MakeSettings
from tests.factories.practice import Practice, make_client, make_practice
from tests.factories.warehouse import keys_of
from tests.support.databases import Database


@pytest.fixture
def practice(operational: Database) -> Practice:
    return make_practice(operational)


@pytest.fixture
def lake(tmp_path: Path) -> str:
    return str(tmp_path / "lake")


@pytest.fixture
def landing(
    operational: Database, practice: Practice, make_settings: MakeSettings, lake: str
) -> Iterator[ResidentLanding]:
    settings = make_settings(operational, lake_url=lake)
    with ResidentLanding(settings, lambda: keys_of(practice.org_id)) as resident:
        yield resident


def _landing_process() -> psutil.Process:
    (found,) = (one for one in psutil.Process().children() if "pipelines.landing" in one.cmdline())
    return found


def test_orders_are_answered_by_one_process(
    operational: Database, practice: Practice, landing: ResidentLanding, lake: str
) -> None:
    first = landing(Order())
    process = _landing_process()
    make_client(operational, practice.org_id, "Second")
    second = landing(Order(after=first.batch_id or 0))
    assert landing(Order(after=second.batch_id or 0)).batch_id is None
    assert _landing_process() == process
    assert [ref.batch_id for ref in Lake(lake).batches()] == [first.batch_id, second.batch_id]
    assert second.rows == 1


def test_a_killed_process_is_told_of_and_started_again(
    operational: Database, practice: Practice, landing: ResidentLanding
) -> None:
    first = landing(Order())
    process = _landing_process()
    process.kill()
    process.wait(10)
    make_client(operational, practice.org_id, "Second")
    assert landing(Order(after=first.batch_id or 0)).rows == 1
    assert _landing_process() != process


def test_a_refused_order_leaves_the_process_in_service(
    operational: Database, practice: Practice, landing: ResidentLanding
) -> None:
    first = landing(Order())
    process = _landing_process()
    other = make_practice(operational, "other")
    with pytest.raises(LandingFailed):
        landing(Order(after=first.batch_id or 0))
    with operational.session("admin") as session:
        session.connection().exec_driver_sql("set local session_replication_role = replica")
        for table in (
            "client",
            "treatment_category",
            "staff_member",
            "location",
            "legal_entity",
            "organization",
        ):
            session.connection().exec_driver_sql(f"delete from {table} where org_id = '{other.org_id}'")
    assert landing(Order(after=first.batch_id or 0)).batch_id is None
    assert _landing_process() == process


def test_the_process_ends_with_its_owner(
    operational: Database, practice: Practice, make_settings: MakeSettings, lake: str
) -> None:
    with ResidentLanding(make_settings(operational, lake_url=lake), lambda: keys_of(practice.org_id)) as one:
        one(Order())
        process = _landing_process()
    assert not process.is_running()
