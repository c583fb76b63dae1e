"""`medspa demo`: a practice's day and its year from nothing, and what comes out of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from medspa.cli.output import note, say

Months = Annotated[int, typer.Option("--months", min=1, max=60, help="How many months are lived.")]
Visits = Annotated[
    int, typer.Option("--visits", min=0, max=200_000, help="About how many visits in them; 0: the day alone.")
]


def command(months: Months = 14, visits: Visits = 600) -> None:
    """Live a day at two studios over HTTP and many months beside it, run the pipeline, print what comes out.

    Ends with an error when a tie-out fails or a figure of the day is not the one worked out by hand.
    """
    from medspa.local.demo import printout, year_printout
    from medspa.local.demo.run import run
    from medspa.local.demo.year import Size
    from medspa.local.prepare import prepared

    began = time.monotonic()
    note("Starting the two database servers and bringing them to the newest schema.")
    settings = prepared(mode="demo")
    outcome = run(
        settings,
        Path(settings.home) / "exports",
        report=lambda step: note(f"{time.monotonic() - began:6.1f} s  {step}"),
        size=Size(months, visits) if visits else None,
    )
    printout.show(outcome)
    if outcome.year is not None:
        year_printout.show(outcome, outcome.year)
    say(f"Done in {time.monotonic() - began:.0f} s.")
