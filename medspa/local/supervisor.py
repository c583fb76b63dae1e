"""Keeps the services of one state folder running until it is told to stop, then stops them all.

Its record in `run/up.json` lets `medspa down` stop everything, also after the supervisor was killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from medspa.local.files import PRIVATE_FOLDER, make_folder, read_json, write_private_json
from medspa.local.services import STOP_TIMEOUT, RunningService, Service, ServiceFailed, end, find, identity

RECORD = "run/up.json"
CHECK_EVERY = 0.5
RESTART_LIMIT = 5
"""A service that ends this often within RESTART_WINDOW seconds stops everything instead of flapping."""
RESTART_WINDOW = 120.0

Say = Callable[[str], None]


class AlreadyUp(ServiceFailed):
    """A supervisor runs for this state folder already."""


class Supervisor:
    """Starts services in order, restarts what ends, stops in reverse order."""

    def __init__(self, home: Path, services: Sequence[Service], say: Say) -> None:
        self._home = home
        self._services = list(services)
        self._say = say
        self._running: dict[str, RunningService] = {}
        self._restarts: dict[str, list[float]] = {service.name: [] for service in services}
        self._stop = threading.Event()
        self._ready = False

    def run(self) -> None:
        """Serve until SIGINT, SIGTERM or `request_stop`. Raises ServiceFailed when a service keeps ending."""
        logs = make_folder(self._home / "log", PRIVATE_FOLDER)
        with self._signals():
            try:
                for service in self._services:
                    if self._stop.is_set():
                        return
                    self._running[service.name] = RunningService(service, logs)
                    self._record()
                for service in self._services:
                    self._running[service.name].wait_until_ready()
                    if service.url:
                        self._say(f"{service.name:<12} {service.url}")
                self._ready = True
                self._record()
                while not self._stop.wait(CHECK_EVERY):
                    self._revive(logs)
            finally:
                self._shut_down()

    def request_stop(self) -> None:
        self._stop.set()

    def _revive(self, logs: Path) -> None:
        for service in self._services:
            if self._running[service.name].running:
                continue
            now = time.monotonic()
            recent = [moment for moment in self._restarts[service.name] if now - moment < RESTART_WINDOW]
            if len(recent) >= RESTART_LIMIT:
                raise ServiceFailed(
                    f"{service.name} ended {len(recent) + 1} times within {RESTART_WINDOW:.0f} s; see "
                    f"{self._running[service.name].log}"
                )
            self._restarts[service.name] = [*recent, now]
            self._say(f"{service.name} ended and is started again; see {self._running[service.name].log}")
            self._running[service.name] = RunningService(service, logs)
            self._record()

    def _shut_down(self) -> None:
        for service in reversed(self._services):
            if service.name in self._running:
                self._running[service.name].stop()
        (self._home / RECORD).unlink(missing_ok=True)

    def _record(self) -> None:
        services = {name: running.record() for name, running in self._running.items()}
        write_private_json(
            self._home / RECORD, {**identity(os.getpid()), "ready": self._ready, "services": services}
        )

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Turn stop signals into a request; only possible, and only needed, on the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {
            number: signal.signal(number, lambda *_: self.request_stop())
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def read_record(home: Path) -> dict[str, Any]:
    """The record of the last `medspa up`; empty when there is none."""
    return read_json(home / RECORD)


def is_up(home: Path) -> bool:
    """Whether the supervisor of a state folder runs."""
    return find(read_record(home)) is not None


def refuse_second(home: Path) -> None:
    """Raise AlreadyUp when a supervisor runs; end what a killed one left behind."""
    record = read_record(home)
    if is_up(home):
        raise AlreadyUp("medspa is up already in this state folder: see `medspa doctor`, or `medspa down`.")
    _end_services(record)


def stop_everything(home: Path) -> bool:
    """Stop the supervisor of a state folder and every service of it. False when nothing was running."""
    record = read_record(home)
    supervisor = find(record)
    if supervisor is not None:
        # It stops its own services in order; end() waits for that and kills what stays.
        end(supervisor.pid, timeout=STOP_TIMEOUT * max(1, len(record.get("services", {}))))
    left = _end_services(record)
    (home / RECORD).unlink(missing_ok=True)
    return supervisor is not None or left


def _end_services(record: dict[str, Any]) -> bool:
    found = [process for one in record.get("services", {}).values() if (process := find(one)) is not None]
    for process in found:
        end(process.pid)
    return bool(found)
