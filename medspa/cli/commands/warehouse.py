"""`medspa warehouse rebuild`: make the warehouse again from the lake."""

from __future__ import annotations

import typer

from medspa.cli.output import note, say

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Look after the warehouse.")


@app.callback()
def warehouse() -> None:
    """Look after the warehouse."""


@app.command()
def rebuild() -> None:
    """Empty what the lake can make again, load every batch that is needed, build and publish.

    Readers see the published marts as they were until the new ones replace them.
    """
    from medspa.kernel.settings import load_settings
    from pipelines.run import rebuild_warehouse

    result = rebuild_warehouse(load_settings(), report=note)
    say(f"The warehouse was made again from {len(result.loaded)} batches; it shows batch {result.batch_id}.")
