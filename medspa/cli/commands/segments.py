"""`medspa segments`: the shipped segments, one definition, an evaluation."""

from __future__ import annotations

import typer

from medspa.cli.options import AsOf, Json, OptionalOrg
from medspa.cli.output import emit_json, records, say

app = typer.Typer(
    help="Segments: list, show and evaluate them.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_segments(json: Json = False) -> None:
    """The segments that are shipped."""
    from segments.catalogue import definitions

    rows = [
        {"code": one.code, "group": one.group, "version": one.version, "label": one.label}
        for one in definitions().values()
    ]
    if json:
        emit_json(rows)
    else:
        records("", rows)


@app.command()
def show(code: str) -> None:
    """One definition, as it is evaluated."""
    from segments.catalogue import definition

    emit_json(definition(code).model_dump(mode="json"))


@app.command()
def evaluate(code: str = "", org: OptionalOrg = "", as_of: AsOf = None, json: Json = False) -> None:
    """Evaluate on certified data and publish the members to the operational store."""
    from medspa.kernel.database import make_engine
    from medspa.kernel.settings import load_settings
    from medspa.local.operator import organization, today
    from medspa.local.segments import evaluate as run
    from segments.catalogue import definition

    settings = load_settings()
    engine = make_engine(settings.operational_dsn("app"))
    try:
        org_id = organization(engine, org)
        day = as_of.date() if as_of else today(engine, org_id)
    finally:
        engine.dispose()
    rows = [
        {
            "segment": one.definition.code,
            "as_of": str(one.as_of),
            "batch": one.batch_id,
            "members": one.members,
        }
        for one in run(settings, org_id, day, definition(code) if code else None)
    ]
    if json:
        emit_json(rows)
        return
    records("", rows)
    say("Who they are: GET /v1/segments/<code>/members, with the permission segment.members.")
