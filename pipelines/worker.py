"""The resident worker of `medspa up`: what is committed reaches the marts within seconds.

Carries small batches through the live path: batch invariants, not the full suites, which Dagster runs and
which certify. It holds no token key; the landing program it starts does. `python -m pipelines.worker`.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping

from medspa.kernel.errors import DomainError
from medspa.kernel.logging import configure
from medspa.kernel.settings import Settings, load_settings
from pipelines.land.batch import Order
from pipelines.landing import COMMAND, STAY
from pipelines.load.run import last_loaded, record_checked
from pipelines.outage import outage_told
from pipelines.publish.contracts import load_contracts
from pipelines.resident import Resident
from pipelines.run import WAREHOUSE, Land, run_pipeline

POLL_SECONDS = 1.0
"""Between two looks at a source in which nothing happens; such a look reads no table."""
LONGEST_PAUSE = 300.0
"""After failures the pause doubles up to this many seconds: a blocked publication needs a person."""

TELL_SECONDS = 60.0
"""Dagster is told of materializations at most this often: each telling writes two events a mart."""
Tell = Callable[[Mapping[str, int]], None]
"""Told which marts were written: name → number of the newest batch in it."""

_log = logging.getLogger(__name__)


class Worker:
    """Looks for committed changes and runs the pipeline on them, one batch after the other."""

    def __init__(self, settings: Settings, landing: Land, tell: Tell = lambda _: None) -> None:
        self._settings = settings
        self._landing = landing
        self._tell = tell
        self._untold: dict[str, int] = {}
        self._told_at = time.monotonic()
        self._done = False
        """Whether everything that was ever seen has been carried through by this process."""

    def step(self) -> bool:
        """One look; True when a batch was carried through. Raises what run_pipeline raises."""
        dsn = self._settings.warehouse_dsn("load")
        with outage_told(WAREHOUSE):
            landed = self._landing(Order(after=last_loaded(dsn), totals="touched"))
            if landed.batch_id is None and self._done:
                record_checked(dsn, landed.at)
                self._tell_what_is_due()
                return False
        self._done = False
        done = run_pipeline(self._settings, land=self._landing, level="batch")
        self._done = True
        built = set(done.build.models if done.build else ())
        self._untold |= dict.fromkeys(built.intersection(load_contracts()), done.batch_id)
        self._tell_what_is_due()
        return True

    def _tell_what_is_due(self) -> None:
        """Between batches. What could not be told is told later: no figure waits for who shows the runs."""
        if not self._untold or time.monotonic() - self._told_at < TELL_SECONDS:
            return
        self._told_at = time.monotonic()
        try:
            self._tell(self._untold)
        except Exception as error:  # noqa: BLE001 - whatever a storage of Dagster's raises
            _log.warning("Dagster was not told", extra={"job": "worker", "code": type(error).__name__})
        else:
            self._untold = {}

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set. A failure is logged by its code, without its text, and tried again later."""
        pause = POLL_SECONDS
        while not stop.wait(pause):
            try:
                self.step()
                pause = POLL_SECONDS
            except DomainError as error:
                pause = min(2 * pause, LONGEST_PAUSE)
                _log.warning("a run failed and is tried again", extra={"job": "worker", "code": error.code})


def main() -> None:
    """The process: until SIGTERM or SIGINT, which may come anywhere, as a run may be killed anywhere."""
    configure()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with Resident([*COMMAND, STAY]) as landing:
        Worker(load_settings(), landing, _tell_dagster).run(threading.Event())


def _tell_dagster(written: Mapping[str, int]) -> None:
    """Where there is a Dagster. Imported when there is something to tell, for it costs seconds."""
    if os.environ.get("DAGSTER_HOME"):
        importlib.import_module("pipelines.defs.telling").tell(written)


if __name__ == "__main__":
    main()
