"""`medspa import vagaro FOLDER`: move a practice's history in from another system."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medspa.cli.main import FAILED
from medspa.cli.options import Json, Location, OptionalOrg
from medspa.cli.output import emit_json, note, say, table

if TYPE_CHECKING:
    from operational.importers.report import LossReport

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Move a practice's history in from another system."
)

MAPPING_NAME = "vagaro-mapping.yaml"
MOST_SHOWN = 20
"""Refused rows told of on the screen; --json lists all of them."""
Folder = Annotated[Path, typer.Argument(help="Folder with the exported files.", metavar="FOLDER")]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", help="Which service is which treatment; without it one is proposed."),
]
Preview = Annotated[bool, typer.Option("--preview", help="Say what would be moved in; write nothing at all.")]
Dates = Annotated[
    str, typer.Option("--dates", help="mdy or dmy, where the files do not tell.", metavar="ORDER")
]


@app.callback()
def group() -> None:
    """Move a practice's history in from another system."""


@app.command("vagaro")
def vagaro(
    folder: Folder,
    mapping: MappingFile = None,
    preview: Preview = False,
    dates: Dates = "",
    org: OptionalOrg = "",
    location: Location = "",
    json: Json = False,
) -> None:
    """Move in Customers, TransactionList and, if there, Balances, as csv or xlsx. Safe to run again."""
    from medspa.kernel.errors import Invalid
    from medspa.kernel.settings import load_settings
    from medspa.local.importing import Order, carry_out
    from operational.importers.mapping import proposal
    from operational.importers.vagaro.read import read_export
    from operational.importers.values import DateOrder

    if dates not in ("", *(one.value for one in DateOrder)):
        raise Invalid("--dates is mdy or dmy.")
    note("Reading the files.")
    export = read_export(folder, DateOrder(dates) if dates else None)
    if mapping is None:
        _propose(folder / MAPPING_NAME, proposal(export.services), preview=preview)
        sys.exit(FAILED)
    note(f"{export.report.rows_read} rows read.")
    report = carry_out(load_settings(), Order(export, mapping, org, location, preview))
    if json:
        emit_json({"preview": preview, **report.as_json()})
    else:
        _tell(report, preview=preview)


def _propose(path: Path, text: str, *, preview: bool) -> None:
    """A proposal: on the screen in a preview, else beside the files, never over an edited one."""
    if preview:
        say(text)
        note("Save this, look through it, and name it with --mapping.")
        return
    if path.exists():
        note(f"{path.name} is there already: name it with --mapping.")
        return
    path.write_text(text, encoding="utf-8")
    note(f"Look through {path.name} beside the files, then import again with --mapping.")


def _tell(report: LossReport, *, preview: bool) -> None:
    found: dict[str, Any] = report.as_json()
    counts = ("rows_read", "imported", "merged", "known", "refused")
    title = "What would be moved in" if preview else "What was moved in"
    rows = [[one["file"], *(one[name] for name in counts)] for one in found["files"]]
    table(title, ["file", *counts], [*rows, ["all", *(found[name] for name in counts)]])
    for one in found["files"]:
        for reason, rows_of_it in one["reasons"].items():
            say(f"{one['file']}: {reason}: {rows_of_it}")
        refused = [row for row in one["rows"] if row["outcome"] == "refused"]
        for row in refused[:MOST_SHOWN]:
            say(f"  row {row['row']}: {row['reason']}")
        if len(refused) > MOST_SHOWN:
            say(f"  and {len(refused) - MOST_SHOWN} more: --json lists all")
    for left in found["left_out"]:
        note(left)
