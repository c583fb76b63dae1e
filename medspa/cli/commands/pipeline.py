"""`medspa pipeline run|land|keep-checks`: bring the warehouse up to the store, or do one step of it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from medspa.cli.options import Json
from medspa.cli.output import emit_json, note, say

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Bring the warehouse up to the operational store."
)

Full = Annotated[bool, typer.Option("--full", help="Read and build everything again, not only what changed.")]
After = Annotated[int, typer.Option("--after", help="The newest batch that the warehouse holds.")]
Touched = Annotated[
    bool, typer.Option("--touched", help="Totals of the days touched alone: sooner, and not to be certified.")
]
Stay = Annotated[bool, typer.Option("--stay", help="Answer the orders on standard input until it ends.")]


@app.command()
def run(full: Full = False, json: Json = False) -> None:
    """Extract, de-identify, land, load, build, check and publish what changed."""
    from medspa.kernel.settings import load_settings
    from medspa.local.pipeline import run_once

    result = run_once(load_settings(), full=full, report=note)
    if json:
        emit_json({"batch_id": result.batch_id, "loaded": result.loaded, "rows_moved": result.rows_moved})
    else:
        say(f"The warehouse shows batch {result.batch_id}; {result.rows_moved} rows moved in this run.")


@app.command()
def land(full: Full = False, after: After = 0, touched: Touched = False, stay: Stay = False) -> None:
    """Land one batch in a process that holds the token keys, and answer with one JSON line.

    Dagster, the worker and `medspa pipeline run` start it, so that none of them ever holds a key.
    """
    if stay:
        _land_as_ordered()
        return
    from medspa.kernel.errors import DomainError
    from medspa.kernel.settings import load_settings
    from operational.privacy.token_keys import export_token_keys
    from pipelines.land.batch import Order
    from pipelines.landing import answer_line, problem_line, start_landing

    settings = load_settings()
    try:
        order = Order(full, after, totals="touched" if touched else "whole")
        landed = start_landing(settings, export_token_keys(settings), order, report=note)
    except DomainError as error:
        say(problem_line(error))
        sys.exit(1)
    say(answer_line(landed))


def _land_as_ordered() -> None:
    """A batch for every order on standard input, by one landing process; keys are asked for with each."""
    import json

    from medspa.kernel.errors import DomainError
    from medspa.kernel.settings import load_settings
    from operational.privacy.token_keys import export_token_keys
    from pipelines.land.batch import Order
    from pipelines.landing import answer_line, problem_line
    from pipelines.resident import ResidentLanding

    settings = load_settings()
    with ResidentLanding(settings, lambda: export_token_keys(settings), note) as landing:
        for line in sys.stdin:
            try:
                say(answer_line(landing(Order(**json.loads(line)))))
            except DomainError as error:
                say(problem_line(error))


@app.command("keep-checks")
def keep_checks() -> None:
    """Copy the newest results of suites and tie-outs to the operational store, which outlives the warehouse.

    `medspa pipeline run` does it by itself; Dagster starts this, for it knows one store only.
    """
    from medspa.kernel.settings import load_settings
    from medspa.local.tieouts import keep_results

    say(f"{keep_results(load_settings())} results kept.")
