"""`medspa close-day`: close a business day of one location or of all, or say what is in the way."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medspa.cli.main import FAILED
from medspa.cli.options import Json, Location, OptionalOrg
from medspa.cli.output import emit_json, note, say

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Engine

    from operational.identity.access import Actor

Day = Annotated[
    datetime | None,
    typer.Option(
        "--date", formats=["%Y-%m-%d"], help="Business date to close; default: each location's today."
    ),
]
Preview = Annotated[bool, typer.Option("--preview", help="Only say what would block the close.")]


def command(
    org: OptionalOrg = "",
    location: Location = "",
    date: Day = None,
    preview: Preview = False,
    json: Json = False,
) -> None:
    """Close a business day for good: figures frozen, later changes on later days. Exit 1: blocked."""
    from medspa.kernel.database import make_engine
    from medspa.kernel.settings import load_settings
    from medspa.local import operator

    engine = make_engine(load_settings().operational_dsn("app"))
    try:
        org_id = operator.organization(engine, org)
        actor = operator.actor(org_id, "close-day")
        wanted = date.date() if date else None
        results = [
            _close(engine, actor, place.id, place.name, wanted or place.business_date, preview)
            for place in operator.places(engine, org_id, location)
        ]
    finally:
        engine.dispose()
    if json:
        emit_json(results)
    else:
        for result in results:
            _tell(result)
    if any(result["blockers"] for result in results):
        raise typer.Exit(FAILED)


def _close(
    engine: Engine, actor: Actor, location_id: UUID, name: str, day: date, preview: bool
) -> dict[str, Any]:
    from medspa.kernel.database import session_scope
    from medspa.kernel.vocabulary import Purpose
    from operational.ledger.close import close_day, preview_close
    from operational.ledger.errors import DayBlocked, translated
    from operational.privacy.audit import open_audit

    result: dict[str, Any] = {
        "location": name,
        "business_date": str(day),
        "closed": False,
        "blockers": [],
        "warnings": [],
    }
    try:
        with translated(), session_scope(engine, actor.org_id) as session:
            open_audit(session, actor, Purpose.OPERATIONS)
            if preview:
                seen = preview_close(session, actor, location_id, day)
                return {
                    **result,
                    "blockers": [blocker.as_member() for blocker in seen.blockers],
                    "warnings": [warning.as_member() for warning in seen.warnings],
                }
            closing = close_day(session, actor, location_id, day)
            result |= {
                "closed": True,
                "figures_sha256": closing.day.figures_sha256,
                "idle_days": [str(idle) for idle in closing.idle_days],
                "warnings": [warning.as_member() for warning in closing.warnings],
            }
    except DayBlocked as blocked:
        result["blockers"] = blocked.extra["blockers"]
    return result


def _tell(result: dict[str, Any]) -> None:
    where = f"{result['location']}, {result['business_date']}"
    if result["closed"]:
        say(f"{where}: closed, figures {result['figures_sha256'][:16]}")
        for idle in result["idle_days"]:
            say(f"  {idle} had no business and closed with it")
    elif not result["blockers"]:
        say(f"{where}: nothing blocks the close")
    else:
        note(f"{where}: not closed")
    for reason in (*result["blockers"], *result["warnings"]):
        note(f"  {reason['message']} ({reason['count']})")
        for link in reason["links"]:
            note(f"    {link}")
