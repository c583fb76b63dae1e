"""`medspa up`, as somebody who installed it runs it: it answers, refuses a second one, and ends whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from medspa.kernel.settings import DSN_FILE
from medspa.local.environment import LocalEnvironment
from medspa.local.files import read_json
from medspa.local.stamp import read_mode
from medspa.local.supervisor import read_record, stop_everything
from tests.support.databases import reachable_folder


class Installation:
    """One state folder and the command line over it."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "medspa", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=330,
            env={**os.environ, "MEDSPA_HOME": str(self.home), **variables},
        )

    def processes(self) -> list[psutil.Process]:
        """Every process that names this state folder or works for it."""
        place = str(self.home)
        found = []
        for process in psutil.process_iter(["cmdline", "environ"]):
            words = " ".join(process.info["cmdline"] or [])
            if place in words or (process.info["environ"] or {}).get("MEDSPA_HOME") == place:
                found.append(process)
        return found

    def remove(self) -> None:
        stop_everything(self.home)
        LocalEnvironment(self.home).destroy()


@pytest.fixture
def installation() -> Iterator[Installation]:
    parent = reachable_folder()
    one = Installation(parent / "var")
    try:
        yield one
    finally:
        one.remove()
        shutil.rmtree(parent)


@pytest.mark.timeout(600)
def test_everything_comes_up_answers_and_goes_down(installation: Installation) -> None:
    up = installation.run("up", "--detach")
    assert up.returncode == 0, up.stderr
    addresses = dict(line.split() for line in up.stdout.splitlines())
    assert httpx.get(addresses["web"] + "/docs").status_code == 200
    assert httpx.get(addresses["web"] + "/v1/reports").status_code == 401
    if "dagster" in read_record(installation.home)["services"]:
        assert httpx.get(addresses["dagster"]).status_code == 200

    second = installation.run("up", "--detach")
    assert second.returncode == 1
    assert "is up already" in second.stderr

    assert installation.run("doctor").returncode == 0

    down = installation.run("down")
    assert (down.returncode, down.stdout) == (0, "Everything is stopped.\n")
    assert installation.processes() == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(addresses["web"])


@pytest.mark.timeout(200)
def test_live_mode_that_is_refused_leaves_no_live_database(installation: Installation) -> None:
    refused = installation.run("up", MEDSPA_MODE="live")

    assert refused.returncode == 1
    assert "live mode refuses to start" in refused.stderr
    for reason in ("in-process", "not https", "beside the data"):
        assert reason in refused.stderr
    assert installation.processes() == []
    LocalEnvironment(installation.home).ensure()
    owner = read_json(installation.home / DSN_FILE)["operational"]["owner"]
    with psycopg.connect(owner) as connection:
        assert read_mode(connection) is None
