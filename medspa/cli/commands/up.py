"""`medspa up`: the servers, the web side and Dagster, until Ctrl-C or `medspa down`."""

from __future__ import annotations

from typing import Annotated

import typer

from medspa.cli.output import note, say

Detach = Annotated[
    bool, typer.Option("--detach", help="Return once everything answers, and keep it running.")
]


def command(detach: Detach = False) -> None:
    """Start everything and say where it listens."""
    from medspa.local.run import run_in_background, run_in_foreground

    if detach:
        run_in_background(say)
    else:
        note("Starting; Ctrl-C or `medspa down` stops everything.")
        run_in_foreground(say)
