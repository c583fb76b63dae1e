"""The process that settles card calls and what they leave open: `python -m medspa.local.settling`.

It also looks after bookings whose visitor has gone.
"""

from __future__ import annotations

import argparse
import signal
import threading

from medspa.kernel.logging import configure
from medspa.kernel.settings import load_settings
from operational.checkout.settling import run
from operational.online import sweep


def main() -> None:
    parser = argparse.ArgumentParser(description="Settle card calls of medspa.")
    parser.add_argument("--origin", required=True, help="where the operational app answers")
    origin: str = parser.parse_args().origin
    configure()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = load_settings()
    bookings = threading.Thread(target=sweep.run, args=(settings, stop), name="bookings", daemon=True)
    bookings.start()
    run(settings, origin, stop)
    bookings.join()


if __name__ == "__main__":
    main()
