"""The resident worker: commits reach the marts, a quiet source costs nothing, a failure is tried again."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from medspa.kernel.settings import DSN_FILE, Settings
from operational.privacy.token_keys import export_token_keys
from pipelines import worker as working
from pipelines.errors import LandingFailed
from pipelines.land.batch import Landed, Order
from pipelines.land.lake import Lake
from pipelines.landing import STAY
from pipelines.publish.contracts import load_contracts
from pipelines.resident import Resident
from pipelines.worker import Worker
from tests.factories.practice import make_client, make_practice
from tests.support.databases import Database

pytestmark = pytest.mark.timeout(300)


def clients(warehouse: Database) -> int:
    with warehouse.connect("owner", autocommit=True) as connection:
        row = connection.execute("select count(*) from marts.dim_client").fetchone()
    assert row is not None
    return int(row[0])


def test_commits_reach_the_marts_and_quiet_looks_read_nothing(
    operational: Database, built_warehouse: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "var"
    (home / "run").mkdir(parents=True)
    warehouse = built_warehouse
    dsns = {"operational": operational.dsns, "warehouse": warehouse.dsns}
    (home / DSN_FILE).write_text(json.dumps(dsns))
    monkeypatch.setenv("MEDSPA_HOME", str(home))
    settings = Settings(home=home, operational=operational.dsns, warehouse=warehouse.dsns)
    practice = make_practice(operational)
    export_token_keys(settings)
    told: list[str] = []
    command = [sys.executable, "-m", "medspa", "pipeline", "land", STAY]
    with Resident(command, report=told.append) as landing:
        said_to_dagster: list[dict[str, int]] = []

        def tell(written: Mapping[str, int]) -> None:
            said_to_dagster.append(dict(written))
            if len(said_to_dagster) == 1:
                raise ConnectionError("no storage")

        monkeypatch.setattr(working, "TELL_SECONDS", 0)
        worker = Worker(settings, landing, tell)
        assert worker.step()
        before = clients(warehouse)
        make_client(operational, practice.org_id, "Second")
        assert worker.step()
        assert clients(warehouse) == before + 1
        batches = len(Lake(settings.lake).batches())
        told.clear()
        assert [worker.step() for _ in range(3)] == [False] * 3
        # The mark of the last batch is a write of ours: one look reads the tables, the next ones read none.
        assert len([line for line in told if line.startswith("snapshot taken")]) <= 1
        assert len(Lake(settings.lake).batches()) == batches
        # What could not be told with the first batch is told with the second; after that nothing is left.
        assert [one["dim_client"] for one in said_to_dagster] == [batches - 1, batches]
        assert said_to_dagster[1].keys() >= {"dim_location", "dim_client"} <= load_contracts().keys()
        make_client(operational, practice.org_id, "Third")
        assert worker.step()
        assert clients(warehouse) == before + 2


def test_a_failure_is_logged_by_its_code_and_tried_again_ever_later(
    warehouse: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(working, "POLL_SECONDS", 0.01)
    pauses: list[float] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout or 0.0)
            return len(pauses) > 4

    def refuse(_: Order) -> Landed:
        raise LandingFailed("told to nobody")

    with caplog.at_level(logging.WARNING):
        Worker(Settings(home=tmp_path, warehouse=warehouse.dsns), refuse).run(Stop())
    assert pauses == [0.01, 0.02, 0.04, 0.08, 0.16]
    assert {record.__dict__["code"] for record in caplog.records} == {LandingFailed.code}
    assert "told to nobody" not in caplog.text
