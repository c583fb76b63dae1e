"""`medspa demo`: a practice's day from nothing, and what comes out of it."""

from __future__ import annotations

import time
from pathlib import Path

from medspa.cli.output import note, say


def command() -> None:
    """Live a day at two studios over HTTP, run the pipeline, print what comes out.

    Ends with an error when a tie-out fails or a figure is not the one worked out by hand.
    """
    from medspa.local.demo.printout import show
    from medspa.local.demo.run import run
    from medspa.local.prepare import prepared

    began = time.monotonic()
    note("Starting the two database servers and bringing them to the newest schema.")
    settings = prepared(mode="demo")
    outcome = run(
        settings,
        Path(settings.home) / "exports",
        report=lambda step: note(f"{time.monotonic() - began:6.1f} s  {step}"),
    )
    show(outcome)
    say(f"Done in {time.monotonic() - began:.0f} s.")
