"""The process that seals the audit trail, as `medspa up` runs it: `python -m medspa.local.sealing`."""

from __future__ import annotations

import logging
import signal
import threading

from medspa.kernel.errors import DomainError
from medspa.kernel.logging import configure
from medspa.kernel.settings import Settings, load_settings
from operational.privacy.sealing import seal

EVERY_SECONDS = 300.0
"""How long a row may be changed without a block that shows it."""

_log = logging.getLogger("medspa.sealing")


def run(settings: Settings, stop: threading.Event) -> None:
    """Seal now and then every EVERY_SECONDS until `stop`. A failed run is logged and tried again."""
    while True:
        try:
            report = seal(settings)
            if report.rows:
                _log.info("sealed %d rows in %d blocks", report.rows, report.blocks)
        except DomainError as error:
            _log.error("nothing was sealed: %s", error)
        except Exception:  # noqa: BLE001 - a lost database comes back; the next run catches up
            _log.exception("nothing was sealed")
        if stop.wait(EVERY_SECONDS):
            return


def main() -> None:
    configure()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(load_settings(), stop)


if __name__ == "__main__":
    main()
