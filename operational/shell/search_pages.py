"""Quick search from any page: clients by name, phone or address, and their next visit.

The clients' own search finds; who was shown is recorded. What was typed travels in the body, never in an
address, which histories and logs would keep.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import AppointmentStatus, Permission, Purpose
from operational.clients import search
from operational.identity.dependencies import needs
from operational.identity.forms import Field
from operational.identity.unit import Unit
from operational.models import Appointment, Location
from operational.pages import fragment, page, page_router
from operational.privacy.schemas import PhiSchema, render_many
from operational.text import clean_line

AREA = "operational.shell"
SHOWN = 8
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.CLIENT_READ, phi=Purpose.OPERATIONS), scope="function")]
_TO_COME = [AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED]


class Found(PhiSchema):
    """A client as a line of the search."""

    __client_field__: ClassVar[str | None] = "id"

    id: uuid.UUID
    first_name: str
    last_name: str
    phone: str | None
    flags: list[str]


@pages.get("/search")
def show_search(request: Request, unit: Reader) -> Response:
    return page(AREA, "search.html", request, unit, asked="", found=None, visits={}, wrong="")


@pages.post("/search")
def take_search(request: Request, unit: Reader, q: Field = "", part: Field = "") -> Response:
    """`part`: only the list of what was found, for the bar."""
    found: Sequence[Found] | None = None
    wrong = ""
    try:
        asked = clean_line(q) if q.strip() else ""
        if asked:
            rows, _ = search.search(unit.session, asked, SHOWN, None)
            found = render_many(unit.session, unit.actor, "client.quick", Found, rows)
    except (Invalid, ValueError):
        asked, wrong = (
            "",
            f"Type at least {search.MIN_QUERY} letters of a name or {search.MIN_DIGITS} digits of a phone.",
        )
    shown: dict[str, Any] = {
        "asked": asked,
        "found": found,
        "visits": _visits(unit, found or ()),
        "wrong": wrong,
    }
    if part:
        return fragment(AREA, "found.html", request, unit, **shown)
    return page(AREA, "search.html", request, unit, **shown)


def _visits(unit: Unit, found: Sequence[Found]) -> Mapping[uuid.UUID, tuple[uuid.UUID, dt.datetime, str]]:
    """Client → their next visit of today or later, where the actor may see bookings: its id, when, where."""
    if not found or not unit.actor.may(Permission.BOOKING_READ):
        return {}
    return _next(unit.session, [one.id for one in found])


def _next(
    session: Session, client_ids: Sequence[uuid.UUID]
) -> Mapping[uuid.UUID, tuple[uuid.UUID, dt.datetime, str]]:
    rows = session.execute(
        select(Appointment.client_id, Appointment.id, Appointment.starts_at, Location.name, Location.timezone)
        .join(Location, (Location.org_id == Appointment.org_id) & (Location.id == Appointment.location_id))
        .where(
            Appointment.client_id.in_(client_ids),
            Appointment.status.in_(_TO_COME),
            Appointment.ends_at >= clock.now(),
        )
        .order_by(Appointment.starts_at.desc())
    )
    # The earliest of each comes last.
    return {row[0]: (row[1], row[2].astimezone(ZoneInfo(row[4])), row[3]) for row in rows}
