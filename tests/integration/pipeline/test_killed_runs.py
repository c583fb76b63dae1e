"""kill -9 at every step of landing and loading, and two runs at once: always the same warehouse."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.load.rebuild import empty_raw
from tests.factories.practice import Practice, make_client, make_practice
from tests.factories.warehouse import bring_in, raw_content, settings_for
from tests.support.databases import Database, Servers
from tests.support.pipeline_process import Run

KILL_AT = (
    "snapshot taken",
    "client: ",
    "control totals written",
    "batch finished",
    "client loaded",
    "committing",
    "batch ",
)
"""Beginnings of progress lines, in the order they come; the process group is killed when one is seen."""


def read_at_once(
    servers: Servers, operational: Database, practice: Practice, home: Path
) -> dict[str, list[str]]:
    with servers.clone("warehouse") as fresh:
        bring_in(settings_for(operational, fresh, home), practice.org_id)
        return raw_content(fresh)


@pytest.mark.timeout(400)
def test_killed_anywhere_and_started_again(
    servers: Servers, operational: Database, warehouse: Database, tmp_path: Path
) -> None:
    practice = make_practice(operational)
    settings = settings_for(operational, warehouse, tmp_path / "var")
    for beginning in KILL_AT:
        make_client(operational, practice.org_id, "One more")
        Run(settings, practice.org_id).kill_at(beginning)
        Run(settings, practice.org_id).finish()
        assert len(raw_content(warehouse)["client"]) == 2 + KILL_AT.index(beginning)
    whole = read_at_once(servers, operational, practice, tmp_path / "fresh")
    assert raw_content(warehouse) == whole
    empty_raw(settings)
    Run(settings, practice.org_id).finish()
    assert raw_content(warehouse) == whole


def test_two_runs_at_once_leave_one_warehouse(
    servers: Servers, operational: Database, warehouse: Database, tmp_path: Path
) -> None:
    practice = make_practice(operational)
    settings = settings_for(operational, warehouse, tmp_path / "var")
    make_client(operational, practice.org_id, "One more")
    both = [Run(settings, practice.org_id) for _ in range(2)]
    said = [run.finish() for run in both]
    assert sorted("nothing new in the source" in lines for lines in said) == [False, True]
    assert raw_content(warehouse) == read_at_once(servers, operational, practice, tmp_path / "fresh")


def test_a_restarted_warehouse_fails_the_run_and_the_next_one_heals(
    servers: Servers, operational: Database, warehouse: Database, tmp_path: Path
) -> None:
    practice = make_practice(operational)
    settings = settings_for(operational, warehouse, tmp_path / "var")
    run = Run(settings, practice.org_id)
    for line in run.lines():
        if line.startswith("client loaded"):
            warehouse.engine("load").dispose()
            with warehouse.connect("admin", autocommit=True) as admin:
                admin.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )
            break
    list(run.lines())
    assert run.wait() != 0
    Run(settings, practice.org_id).finish()
    assert raw_content(warehouse) == read_at_once(servers, operational, practice, tmp_path / "fresh")
