"""The whole pipeline on one store: run, run again, killed while building, checking or publishing, rebuilt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from medspa.kernel.settings import Settings
from pipelines.publish.contracts import load_contracts
from pipelines.run import rebuild_warehouse, run_pipeline
from tests.factories.practice import Practice, make_client, make_practice
from tests.factories.warehouse import keys_of, settings_for
from tests.support.databases import Database, Servers
from tests.support.pipeline_process import Run

Whole = tuple[Database, Database, Settings, Practice]


@pytest.fixture(scope="module")
def whole(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A store with one practice, and a warehouse that one run has brought up to it."""
    with servers.clone("operational") as operational, servers.clone("warehouse", built=True) as warehouse:
        practice = make_practice(operational)
        settings = settings_for(operational, warehouse, tmp_path_factory.mktemp("whole") / "var")
        run_pipeline(settings, keys_of(practice.org_id))
        yield operational, warehouse, settings, practice


def marts(warehouse: Database) -> dict[str, list[str]]:
    """Everything readers can see, as text."""
    content = {}
    with psycopg.connect(warehouse.dsn("owner")) as connection:
        for name, contract in load_contracts().items():
            columns = ", ".join(column.name for column in contract.columns)
            rows = connection.execute(f"select row({columns})::text from marts.{name} order by 1".encode())
            content[name] = [row[0] for row in rows.fetchall()]
    return content


def test_a_run_publishes_and_the_next_finds_nothing_to_do(whole: Whole) -> None:
    _, warehouse, settings, practice = whole
    before = marts(warehouse)
    assert len(before["dim_location"]) == 2
    said: list[str] = []
    result = run_pipeline(settings, keys_of(practice.org_id), report=said.append)
    assert result.loaded == ()
    assert "nothing new in the source" in said
    assert marts(warehouse) == before


@pytest.mark.timeout(600)
@pytest.mark.parametrize("beginning", ["building", "checking", "publishing"])
def test_killed_late_and_started_again(whole: Whole, beginning: str) -> None:
    operational, warehouse, settings, practice = whole
    before = marts(warehouse)
    make_client(operational, practice.org_id, f"While {beginning}")
    Run(settings, practice.org_id, whole=True).kill_at(beginning)
    assert marts(warehouse) == before
    Run(settings, practice.org_id, whole=True).finish()
    assert len(marts(warehouse)["dim_client"]) == len(before["dim_client"]) + 1


@pytest.mark.timeout(600)
def test_rebuilt_from_the_lake_alone(whole: Whole, tmp_path: Path) -> None:
    _, warehouse, settings, _ = whole
    before = marts(warehouse)
    blind = settings.model_copy(update={"operational": {}})
    rebuild_warehouse(blind)
    assert marts(warehouse) == before
