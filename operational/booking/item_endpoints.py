"""Services of a visit and taking changes back, over HTTP."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Response

from medspa.kernel.vocabulary import Permission, Purpose
from operational.booking import items, queries, schemas
from operational.booking import undo as undoing
from operational.etag import IfMatch, set_etag
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.privacy.schemas import render
from operational.routing import AreaRouter

router = AreaRouter()

Writer = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]


@router.post("/appointments/{appointment_id}/undo", response_model=schemas.AppointmentOut)
def undo(
    appointment_id: uuid.UUID, unit: Writer, response: Response, if_match: IfMatch = None
) -> schemas.AppointmentOut:
    """Take the last change back within a minute: to exactly what the visit was, if its time is still free."""
    return _answer(unit, response, undoing.undo(unit.session, unit.actor, appointment_id, if_match))


@router.post("/appointments/{appointment_id}/items", response_model=schemas.AppointmentOut)
def add_items(
    appointment_id: uuid.UUID,
    request: schemas.AddItems,
    unit: Writer,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.AppointmentOut:
    """Further services in the same visit."""
    row = items.add_items(
        unit.session, unit.actor, appointment_id, request.items, request.overrides, if_match
    )
    return _answer(unit, response, row)


@router.delete("/appointments/{appointment_id}/items/{item_id}", response_model=schemas.AppointmentOut)
def remove_item(
    appointment_id: uuid.UUID, item_id: uuid.UUID, unit: Writer, response: Response, if_match: IfMatch = None
) -> schemas.AppointmentOut:
    """Take a service off a visit of several."""
    row = items.remove_item(unit.session, unit.actor, appointment_id, item_id, if_match)
    return _answer(unit, response, row)


def _answer(unit: Unit, response: Response, row: queries.VisitRow) -> schemas.AppointmentOut:
    set_etag(response, row)
    return render(unit.session, unit.actor, "booking.appointment", schemas.AppointmentOut, row)
