"""The process that writes to clients, as `medspa up` runs it: `python -m medspa.local.messaging`."""

from __future__ import annotations

import argparse
import signal
import threading

from medspa.kernel.logging import configure
from medspa.kernel.settings import load_settings
from operational.messaging.worker import run


def main() -> None:
    parser = argparse.ArgumentParser(description="Send messages of medspa.")
    parser.add_argument("--origin", required=True, help="where the operational app answers")
    origin: str = parser.parse_args().origin
    configure()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(load_settings(), origin, stop)


if __name__ == "__main__":
    main()
