"""The web server with several processes: all answer, one that dies is replaced, all end with it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.databases import Database

PROCESSES = 2
SOON = 60.0
Served = tuple[subprocess.Popen[bytes], str]


def children(pid: int) -> set[int]:
    """Of a process and its children: those that serve, not what multiprocessing keeps beside them."""
    found: set[int] = set()
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found |= {int(one) for one in (task / "children").read_text().split()}
    return {one for one in found if "spawn_main" in _command(one)}


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SOON
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.2)
    return False


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/sign-in", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def served(operational: Database, warehouse: Database, tmp_path: Path) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    environment = {
        **os.environ,
        "MEDSPA_HOME": str(tmp_path),
        "MEDSPA_WEB_PROCESSES": str(PROCESSES),
        "MEDSPA_OPERATIONAL_APP_DSN": operational.dsn("app"),
        "MEDSPA_WAREHOUSE_REPORTING_DSN": warehouse.dsn("reporting"),
    }
    command = [sys.executable, "-m", "medspa.local.web", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, env=environment)
    yield process, f"http://127.0.0.1:{port}"
    if process.poll() is None:
        process.terminate()
        process.wait(20)


def test_processes_answer_are_replaced_and_end_together(served: Served) -> None:
    process, address = served
    assert until(lambda: answers(address))
    first = children(process.pid)
    assert len(first) == PROCESSES
    os.kill(min(first), signal.SIGKILL)
    assert until(lambda: len(children(process.pid) - first) == 1)
    assert until(lambda: answers(address))
    last = children(process.pid)
    process.terminate()
    assert process.wait(20) in (0, -signal.SIGTERM)
    assert until(lambda: not any("spawn_main" in _command(one) for one in last))
