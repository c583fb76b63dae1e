"""The same run as Dagster assets: lineage from store to report, keys nowhere in Dagster, counts only."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest

from medspa.kernel.settings import DSN_FILE
from pipelines.definitions import defs
from pipelines.defs.telling import tell
from tests.factories.practice import make_practice
from tests.support.databases import Database

# Dagster and dagster-dbt warn of their own deprecated calls.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
]

STEPS = {"land", "load", "build", "check", "publish", "show_checks"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "var"
    (folder / "run").mkdir(parents=True)
    monkeypatch.setenv("MEDSPA_HOME", str(folder))
    return folder


def _ancestors(graph: dg.AssetGraph, key: dg.AssetKey) -> set[dg.AssetKey]:
    found: set[dg.AssetKey] = set()
    waiting = [key]
    while waiting:
        new = graph.get(waiting.pop()).parent_keys - found
        found |= new
        waiting += new
    return found


def test_lineage_reaches_from_every_report_to_the_operational_tables(home: Path) -> None:
    graph = defs().resolve_asset_graph()
    outputs = [key for key in graph.get_all_asset_keys() if key.path[0] in ("reports", "segments", "exports")]
    assert {key.path[0] for key in outputs} == {"reports", "segments", "exports"}
    for output in outputs:
        layers = {key.path[0] for key in _ancestors(graph, output)}
        assert layers >= {"store", "lake", "raw", "staging", "build", "marts"}, output
    loose = [
        key for key in graph.get_all_asset_keys() if key.path[0] == "raw" and not graph.get(key).parent_keys
    ]
    assert loose == []


def test_schedules_and_checks_are_declared(home: Path) -> None:
    found = defs()
    schedules = {
        one.name: one.cron_schedule for one in found.schedules or [] if isinstance(one, dg.ScheduleDefinition)
    }
    assert schedules == {"refresh_schedule": "*/15 * * * *", "certify_schedule": "10 2 * * *"}
    assert len(found.resolve_asset_graph().asset_check_keys) > 51


def test_what_the_worker_wrote_is_shown_as_materialized(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    tell({"fct_payment": 7, "dim_client": 6})
    with dg.DagsterInstance.get() as instance:
        found = {}
        for layer, name in (("marts", "fct_payment"), ("build", "dim_client"), ("marts", "fct_posting")):
            event = instance.get_latest_materialization_event(dg.AssetKey([layer, name]))
            told = event and event.asset_materialization
            found[name] = told and told.metadata["batch"].value
    assert found == {"fct_payment": 7, "dim_client": 6, "fct_posting": None}


@pytest.mark.timeout(400)
def test_the_job_runs_in_one_process_and_says_counts_only(
    operational: Database, built_warehouse: Database, home: Path
) -> None:
    practice, warehouse = make_practice(operational), built_warehouse
    dsns = {"operational": operational.dsns, "warehouse": warehouse.dsns}
    (home / DSN_FILE).write_text(json.dumps(dsns))
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs().resolve_job_def("refresh").execute_in_process(instance=instance)
        assert result.success
        assert {event.step_key for event in result.all_events if event.is_step_success} == STEPS
        told = "\n".join(str(entry) for entry in instance.all_logs(result.run_id))
    assert str(practice.client_id) not in told
    assert "provider@" not in told
    assert all(dsn not in told for dsn in warehouse.dsns.values())
    evaluations = result.get_asset_check_evaluations()
    assert evaluations
    assert all(one.passed for one in evaluations)
    with warehouse.connect("owner") as connection:
        assert connection.execute("select count(*) from marts.dim_location").fetchone() == (2,)
