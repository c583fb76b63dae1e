"""One long-running process of `medspa up`: how it is started, watched and stopped.

Which processes there are is decided by plan.py, when they run by supervisor.py.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

STOP_TIMEOUT = 20.0
LOG_LIMIT = 10_000_000
POLL = 0.1


class ServiceFailed(RuntimeError):
    """A service did not come up or keeps ending; the message names its log."""


@dataclass(frozen=True)
class Service:
    """A command to keep running. With a port it is ready when that accepts a connection."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    url: str = ""
    """Where people open it; empty for what nobody opens."""
    start_timeout: float = 90.0


class RunningService:
    """A started service. It has its own session, so a Ctrl-C reaches only the supervisor."""

    def __init__(self, service: Service, log_folder: Path) -> None:
        self.service = service
        self.log = log_folder / f"{service.name}.log"
        _rotate(self.log)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                service.command,
                env={**os.environ, **service.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def record(self) -> dict[str, Any]:
        """What identifies the process to a later `medspa down`, also after its pid was reused."""
        return {**identity(self._process.pid), "url": self.service.url, "log": str(self.log)}

    def wait_until_ready(self) -> None:
        """Raises ServiceFailed when the process ends or its port stays closed."""
        deadline = self.started_at + self.service.start_timeout
        while self.running:
            if self.service.port is None or accepts(self.service.port):
                return
            if time.monotonic() > deadline:
                raise ServiceFailed(
                    f"{self.service.name} did not answer on port {self.service.port} within "
                    f"{self.service.start_timeout:.0f} s; see {self.log}"
                )
            time.sleep(POLL)
        raise ServiceFailed(
            f"{self.service.name} ended with exit code {self._process.returncode}; {self.log} ends:\n"
            + tail(self.log)
        )

    def stop(self) -> None:
        end(self._process.pid)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)


def identity(pid: int) -> dict[str, Any]:
    try:
        return {"pid": pid, "created": psutil.Process(pid).create_time()}
    except psutil.NoSuchProcess:
        return {"pid": pid, "created": 0.0}


def find(record: Mapping[str, Any]) -> psutil.Process | None:
    """The recorded process, if it still runs and its pid was not given to another one."""
    try:
        process = psutil.Process(int(record["pid"]))
        alive = process.status() != psutil.STATUS_ZOMBIE
        return process if alive and abs(process.create_time() - float(record["created"])) < 1 else None
    except (KeyError, psutil.NoSuchProcess):
        return None


def end(pid: int, *, timeout: float = STOP_TIMEOUT) -> None:
    """Ask a process to stop, and kill what is left of it and its children after `timeout` seconds."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    _, alive = psutil.wait_procs(family[:1], timeout=timeout)
    # Children that outlived an orderly stop get the same request, then the same limit.
    _, left = psutil.wait_procs(family[1:], timeout=1)
    for member in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.terminate()
    _, left = psutil.wait_procs([*alive, *left], timeout=5)
    for member in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()


def accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5):
        return True
    return False


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def tail(path: Path, lines: int = 15) -> str:
    if not path.exists():
        return ""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _rotate(log: Path) -> None:
    """Keep one older log; both together stay under twice LOG_LIMIT between starts."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
