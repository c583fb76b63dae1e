"""kill -9 at every step of landing and loading, and two runs at once: always the same warehouse."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from medspa.kernel.settings import Settings
from pipelines.load.rebuild import empty_raw
from tests.factories.practice import Practice, make_client, make_practice
from tests.factories.warehouse import bring_in, raw_content, settings_for
from tests.support.databases import Database, Servers

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


def start(settings: Settings, org: uuid.UUID, *, whole: bool = False) -> subprocess.Popen[str]:
    order = {
        "settings": settings.model_dump(mode="json"),
        "orgs": [str(org)],
        "whole": whole,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.pipeline_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(order))
    process.stdin.close()
    return process


def finish(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    lines = process.stdout.read().splitlines()
    process.stdout.close()
    assert process.wait() == 0, lines
    return lines


def kill_at(process: subprocess.Popen[str], beginning: str) -> None:
    """Kill the run and every process it started when it says `beginning`."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(beginning):
            os.killpg(process.pid, signal.SIGKILL)
            break
    else:
        pytest.fail(f"the run never said {beginning!r}")
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL


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
        kill_at(start(settings, practice.org_id), beginning)
        finish(start(settings, practice.org_id))
        assert len(raw_content(warehouse)["client"]) == 2 + KILL_AT.index(beginning)
    whole = read_at_once(servers, operational, practice, tmp_path / "fresh")
    assert raw_content(warehouse) == whole
    empty_raw(settings)
    finish(start(settings, practice.org_id))
    assert raw_content(warehouse) == whole


def test_two_runs_at_once_leave_one_warehouse(
    servers: Servers, operational: Database, warehouse: Database, tmp_path: Path
) -> None:
    practice = make_practice(operational)
    settings = settings_for(operational, warehouse, tmp_path / "var")
    make_client(operational, practice.org_id, "One more")
    both = [start(settings, practice.org_id) for _ in range(2)]
    said = [finish(process) for process in both]
    assert sorted("nothing new in the source" in lines for lines in said) == [False, True]
    assert raw_content(warehouse) == read_at_once(servers, operational, practice, tmp_path / "fresh")


def test_a_restarted_warehouse_fails_the_run_and_the_next_one_heals(
    servers: Servers, operational: Database, warehouse: Database, tmp_path: Path
) -> None:
    practice = make_practice(operational)
    settings = settings_for(operational, warehouse, tmp_path / "var")
    process = start(settings, practice.org_id)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("client loaded"):
            warehouse.engine("load").dispose()
            with warehouse.connect("admin", autocommit=True) as admin:
                admin.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )
            break
    process.stdout.read()
    process.stdout.close()
    assert process.wait() != 0
    finish(start(settings, practice.org_id))
    assert raw_content(warehouse) == read_at_once(servers, operational, practice, tmp_path / "fresh")
