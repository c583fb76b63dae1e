"""A pipeline run as a process of its own, for tests that kill it with every process it started.

The processes are forked from one that has imported what a run needs: importing takes longer than running.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import uuid
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

import pytest

from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from pipelines.build.lock import builder_lock
from pipelines.run import land_and_load, lander, run_pipeline
from tests.factories.warehouse import keys_of

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload([__name__, "dbt.cli.main", "great_expectations"])


class Run:
    """A run that was started; `whole`: not only landed and loaded, but built, checked and published."""

    def __init__(self, settings: Settings, org: uuid.UUID, *, whole: bool = False) -> None:
        self._said, told = _FORKING.Pipe(duplex=False)
        self._process: ForkServerProcess = _FORKING.Process(
            target=_run, args=(told, settings.model_dump(mode="json"), str(org), whole)
        )
        self._process.start()
        told.close()

    def lines(self) -> Iterator[str]:
        """Every progress line, at once when it is said."""
        try:
            while True:
                yield self._said.recv()
        except EOFError:
            return

    def wait(self) -> int:
        """The exit code (a negative number: the signal)."""
        self._process.join()
        self._said.close()
        code = self._process.exitcode
        assert code is not None
        return code

    def finish(self) -> list[str]:
        """All it says. It must succeed."""
        said = list(self.lines())
        assert self.wait() == 0, said
        return said

    def kill_at(self, beginning: str) -> None:
        """Kill the run and every process it started when it says `beginning`."""
        for line in self.lines():
            if line.startswith(beginning):
                assert self._process.pid is not None
                os.killpg(self._process.pid, signal.SIGKILL)
                break
        else:
            pytest.fail(f"the run never said {beginning!r}")
        assert self.wait() == -signal.SIGKILL


def _run(told: Connection, settings: dict[str, object], org: str, whole: bool) -> None:
    os.setsid()
    found, keys = Settings(**settings), keys_of(uuid.UUID(org))  # type: ignore[arg-type]
    try:
        if whole:
            run_pipeline(found, keys, report=told.send)
        else:
            with builder_lock(found):
                land_and_load(found, lander(found, keys, told.send), report=told.send)
    except DomainError as error:
        told.send(json.dumps([error.code, error.detail]))
        sys.exit(1)
    told.send("done")
