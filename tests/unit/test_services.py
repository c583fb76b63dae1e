"""The supervisor with real processes: ready, revived, stopped, and stopped by somebody else."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from medspa.kernel.settings import Settings
from medspa.local import plan
from medspa.local.services import Service, ServiceFailed, accepts, find, identity
from medspa.local.simulate import ServicesRun, simulate
from medspa.local.supervisor import (
    RECORD,
    AlreadyUp,
    Supervisor,
    read_record,
    refuse_second,
    stop_everything,
)

LISTEN = (
    "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(600)"
)

DSNS = dict.fromkeys(
    ("dagster", "load", "build", "owner", "extract", "app"), "postgresql://nobody@127.0.0.1/x"
)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listener(name: str = "web") -> Service:
    port = _free_port()
    command = (sys.executable, "-c", LISTEN, str(port))
    return Service(name, command, port=port, url=f"http://127.0.0.1:{port}")


def _until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A state folder whose services are gone after the test.

    Services inherit what this process ignores, and Dagster makes it ignore SIGTERM where SIGINT is ignored,
    as in what a shell runs in the background; `medspa up` sets handlers of its own.
    """
    (tmp_path / "run").mkdir()
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield tmp_path
    signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
    for record in read_record(tmp_path).get("services", {}).values():
        if process := find(record):
            process.kill()


class Up:
    """A supervisor in a thread of the test."""

    def __init__(self, home: Path, services: list[Service]) -> None:
        self.said: list[str] = []
        self.failures: list[Exception] = []
        self.supervisor = Supervisor(home, services, self.said.append)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.supervisor.run()
        except ServiceFailed as error:
            self.failures.append(error)

    def stop(self) -> None:
        self.supervisor.request_stop()
        self.thread.join(30)
        assert not self.thread.is_alive()


def test_services_answer_are_announced_and_all_end(home: Path) -> None:
    services = [_listener("web"), _listener("dagster")]
    up = Up(home, services)
    _until(lambda: read_record(home).get("ready"))
    recorded = read_record(home)["services"]
    assert [accepts(service.port or 0) for service in services] == [True, True]

    up.stop()

    assert [line.split()[0] for line in up.said] == ["web", "dagster"]
    assert [find(record) for record in recorded.values()] == [None, None]
    assert read_record(home) == {}


def test_a_service_that_dies_is_started_again(home: Path) -> None:
    up = Up(home, [_listener()])
    _until(lambda: read_record(home).get("ready"))
    first = read_record(home)["services"]["web"]["pid"]

    os.kill(first, signal.SIGKILL)

    _until(lambda: read_record(home)["services"]["web"]["pid"] != first)
    up.stop()
    assert any("started again" in line for line in up.said)
    assert up.failures == []


def test_a_service_that_cannot_start_stops_everything_and_shows_its_log(home: Path) -> None:
    good = _listener("good")
    bad = Service("bad", (sys.executable, "-c", "raise SystemExit('the reason')"), port=_free_port())
    up = Up(home, [good, bad])
    up.thread.join(30)

    assert "the reason" in str(up.failures[0])
    assert not accepts(good.port or 0)


def test_a_service_that_keeps_ending_is_given_up(home: Path) -> None:
    up = Up(home, [Service("worker", (sys.executable, "-c", "pass"))])
    up.thread.join(60)

    assert "worker" in str(up.failures[0])


def test_a_second_supervisor_is_refused_while_the_first_runs(home: Path) -> None:
    up = Up(home, [_listener()])
    _until(lambda: read_record(home).get("ready"))
    with pytest.raises(AlreadyUp):
        refuse_second(home)
    up.stop()
    refuse_second(home)
    assert read_record(home) == {}


def test_what_a_killed_supervisor_left_is_stopped_by_down(home: Path) -> None:
    port = _free_port()
    program = (
        "import sys, pathlib; from medspa.local.supervisor import Supervisor; "
        "from medspa.local.services import Service; "
        "service = Service('web', (sys.executable, '-c', sys.argv[2], sys.argv[3]), port=int(sys.argv[3])); "
        "Supervisor(pathlib.Path(sys.argv[1]), [service], print).run()"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(home), LISTEN, str(port)])
    _until(lambda: read_record(home).get("ready"))
    process.kill()
    process.wait()
    assert accepts(port), "the control: the service outlives its supervisor"

    assert stop_everything(home) is True

    _until(lambda: not accepts(port))
    assert stop_everything(home) is False


def test_a_reused_pid_is_not_taken_for_the_recorded_process() -> None:
    mine = identity(os.getpid())
    assert find(mine) == psutil.Process(os.getpid())
    assert find({**mine, "created": mine["created"] - 3600}) is None
    assert find({}) is None


def test_nothing_is_lived_while_the_services_run(tmp_path: Path) -> None:
    """By the clock of this year they would give up what somebody is booking in the year before."""
    (tmp_path / RECORD).parent.mkdir()
    (tmp_path / RECORD).write_text(json.dumps(identity(os.getpid())))
    with pytest.raises(ServicesRun) as refused:
        simulate(Settings(home=tmp_path), [])
    assert "medspa down" in refused.value.detail
    assert simulate(Settings(home=tmp_path / "another"), [], together=False) == []


def test_links_name_the_port_that_pages_are_served_on(tmp_path: Path) -> None:
    """Where the usual port is taken the next free one is, and what is sent to people leads there."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        settings = Settings(home=tmp_path, warehouse=DSNS, operational=DSNS)
        with contextlib.suppress(OSError):
            taken.bind(("127.0.0.1", 8000))
            taken.listen()
        planned = {one.name: one for one in plan.services(settings)}
    port = planned["web"].port
    assert port != 8000
    for name in ("web", "settling", "messaging"):
        assert planned[name].environment["MEDSPA_PORT"] == str(port), name
