"""`medspa audit`: seal the audit trail into signed blocks, and verify that nothing was changed since."""

from __future__ import annotations

from dataclasses import asdict

import typer

from medspa.cli import output
from medspa.cli.options import Json
from medspa.kernel.settings import load_settings
from operational.privacy.anchors import AnchorUnreadable
from operational.privacy.errors import AuditKeyUnavailable
from operational.privacy.sealing import seal as seal_trail
from operational.privacy.verifying import verify as verify_trail

TAMPERED, NOT_CHECKED = 1, 2

app = typer.Typer(no_args_is_help=True, help="Seal and verify the trail of who read what.")


@app.command()
def seal(json: Json = False) -> None:
    """Seal what can no longer change into signed blocks and anchor them outside the database."""
    report = seal_trail(load_settings())
    if json:
        output.emit_json(asdict(report))
    else:
        output.say(
            f"Sealed {report.rows} rows in {report.blocks} blocks; the last block is {report.last_number}."
        )


@app.command()
def verify(json: Json = False) -> None:
    """Find edited, added or deleted rows and missing blocks. Exit 1: found some; 2: could not check."""
    try:
        result = verify_trail(load_settings())
    except (AuditKeyUnavailable, AnchorUnreadable) as error:
        output.note(getattr(error, "detail", str(error)))
        raise typer.Exit(NOT_CHECKED) from None
    if json:
        output.emit_json({"intact": result.intact, **asdict(result)})
    else:
        if result.findings:
            rows = ([one.kind, one.block, one.detail] for one in result.findings)
            output.table("The audit trail was changed", ["what", "block", "where"], rows)
        output.say(f"{result.blocks} blocks, {result.rows} sealed rows, {len(result.findings)} findings.")
        if result.unanchored:
            output.say(f"{result.unanchored} blocks have no anchor yet: `medspa audit seal` completes them.")
        if result.unsealed_rows:
            since = f"{result.oldest_unsealed:%Y-%m-%d %H:%M}Z"
            output.say(f"{result.unsealed_rows} rows are not sealed yet, the oldest of {since}.")
    if not result.intact:
        raise typer.Exit(TAMPERED)
