"""`medspa bill-memberships`: charge the membership dues of today, at one location or at all."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from medspa.cli.main import FAILED
from medspa.cli.options import Json, Location, OptionalOrg
from medspa.cli.output import emit_json, say

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Engine

    from operational.checkout.processor.port import Processor
    from operational.identity.access import Actor


def command(org: OptionalOrg = "", location: Location = "", json: Json = False) -> None:
    """Bill what is due; run it daily, or again after it was stopped. Exit 1: dues were declined."""
    from medspa.kernel.database import make_engine
    from medspa.kernel.settings import load_settings
    from medspa.local import operator
    from operational.checkout.processor.open import open_processor

    settings = load_settings()
    engine = make_engine(settings.operational_dsn("app"))
    try:
        org_id = operator.organization(engine, org)
        actor = operator.actor(org_id, "bill-memberships")
        processor = open_processor(settings)
        results = [
            {"location": place.name, **_bill(engine, actor, processor, place.id)}
            for place in operator.places(engine, org_id, location)
        ]
    finally:
        engine.dispose()
    if json:
        emit_json(results)
    else:
        for result in results:
            told = f"{result['paid']} paid, {result['failed']} declined, {result['waiting']} waiting"
            say(f"{result['location']}: {told}")
    if any(result["failed"] for result in results):
        raise typer.Exit(FAILED)


def _bill(engine: Engine, actor: Actor, processor: Processor, location_id: UUID) -> dict[str, Any]:
    from operational.checkout.desk import open_desk
    from operational.memberships.billing import bill_due

    with open_desk(engine, actor) as desk:
        run = bill_due(desk, processor, location_id, limit=100_000)
    return {name: value for name, value in asdict(run).items() if name != "more"}
