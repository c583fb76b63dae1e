"""`medspa export accounting|open-data`: the next accounting batch or an earlier one again; every mart."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from medspa.cli.options import Json, OptionalOrg
from medspa.cli.output import emit_json, records, say

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)

Through = Annotated[
    datetime | None,
    typer.Option(
        "--through", formats=["%Y-%m-%d"], help="Last business date to export; default: every closed day."
    ),
]
Folder = Annotated[Path, typer.Option("--to", help="Folder that the files are written to.")]
Entity = Annotated[str, typer.Option("--legal-entity", help="Its name or id; default: the only one.")]
Number = Annotated[int, typer.Option("--number", help="Write an earlier batch again, byte for byte.")]

Basis = Annotated[
    Literal["accrual", "cash"],
    typer.Option("--basis", help="accrual: the ledger; cash: receipts spread over their invoices' lines."),
]
Detail = Annotated[
    Literal["day", "document"],
    typer.Option("--detail", help="One journal a day and location, or a document."),
]


@app.callback()
def exports() -> None:
    """Accounting files and open data."""


@app.command()
def accounting(
    org: OptionalOrg = "",
    legal_entity: Entity = "",
    through: Through = None,
    to: Folder = Path("var/exports"),
    basis: Basis = "accrual",
    detail: Detail = "day",
    number: Number = 0,
    json: Json = False,
) -> None:
    """Write closed, certified days that no batch holds yet, in every format; exactly once per day."""
    from medspa.kernel.database import make_engine
    from medspa.kernel.settings import load_settings
    from medspa.local import accounting as local
    from medspa.local.operator import organization, today

    settings = load_settings()
    engine = make_engine(settings.operational_dsn("app"))
    try:
        org_id = organization(engine, org)
        entity = local.choose_entity(local.legal_entities(engine, org_id), legal_entity)
        if number:
            batch = local.read_again(engine, org_id, entity.id, number, basis)
        else:
            last = through.date() if through else today(engine, org_id)
            batch = local.export(settings, org_id, entity, last, basis, detail)
    finally:
        engine.dispose()
    to.mkdir(parents=True, exist_ok=True)
    rows = []
    for file in batch.files:
        (to / file.filename).write_bytes(file.content)
        rows.append({"format": file.format, "file": str(to / file.filename), "sha256": file.sha256[:16]})
    if json:
        emit_json({"number": batch.number, "first": batch.first_date, "last": batch.last_date, "files": rows})
        return
    say(
        f"Batch {batch.number} of {entity.name}: {batch.first_date} to {batch.last_date}, {batch.basis} basis"
    )
    records("", rows)


@app.command("open-data")
def open_data(org: OptionalOrg = "", to: Folder = Path("var/exports/open-data"), json: Json = False) -> None:
    """Write every certified mart as Parquet, with schema.json that says what is in them. It is audited."""
    from medspa.kernel.database import make_engine
    from medspa.kernel.settings import load_settings
    from medspa.local.open_data import export
    from medspa.local.operator import organization

    settings = load_settings()
    engine = make_engine(settings.operational_dsn("app"))
    try:
        org_id = organization(engine, org)
    finally:
        engine.dispose()
    written = export(settings, org_id, to)
    rows = [{"mart": one.table, "rows": one.rows, "file": str(one.path)} for one in written]
    if json:
        emit_json(rows)
        return
    records("", rows)
    say("Pseudonymised, still protected health information: keep these files as you keep charts.")
