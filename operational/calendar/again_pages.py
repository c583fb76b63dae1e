"""Booking a visit again: once after its cycle in one tap, or a series whose dates are looked at first.

A date that is not free is shown with the times next to it; each is taken, changed or left out. Rules are
booking's.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Form, Query, Request, Response
from pydantic import BeforeValidator, Field

from medspa.kernel.errors import DomainError, Invalid
from medspa.kernel.vocabulary import Permission, VisitGroupKind
from medspa.ui.values import clock_of, clock_time, day, hours_of
from operational.booking import groups, queries, rebook
from operational.booking.book import book
from operational.booking.group_schemas import NewSeries
from operational.booking.schemas import AppointmentOut, NewVisit
from operational.calendar.refused import Refused, refused
from operational.calendar.visit_pages import VISIT, Fragment, Reader, Writer, at_visit, shown_as
from operational.identity.unit import Unit
from operational.models import Location, Service, StaffMember
from operational.names import client_name, names_of
from operational.pages import page_router
from operational.privacy.schemas import render
from operational.rows import get_row
from operational.schemas import from_form

MOST = 12
LONGEST = 730
pages = page_router()
Number = BeforeValidator(lambda sent: sent or None)
Days = Annotated[int, Field(ge=1, le=LONGEST)]
Sessions = Annotated[Annotated[int, Field(ge=1, le=MOST)] | None, Number, Query()]
Every = Annotated[Days | None, Number, Query()]
Starts = Annotated[list[Annotated[str, Form(max_length=40)]], Form(default_factory=list, max_length=MOST)]


@pages.get(VISIT + "/rebook")
def show_again(
    request: Request,
    appointment_id: uuid.UUID,
    unit: Reader,
    sessions: Sessions = None,
    every_days: Every = None,
    part: Fragment = None,
) -> Response:
    return _form(request, unit, appointment_id, part, None, sessions or 1, every_days)


@pages.post(VISIT + "/rebook")
def book_again(
    request: Request,
    appointment_id: uuid.UUID,
    unit: Writer,
    starts: Starts,
    sessions: Annotated[int, Form(ge=1, le=MOST)] = 1,
    every_days: Annotated[Days | None, Number, Form()] = None,
    part: Fragment = None,
) -> Response:
    """The same services with the same people at each of `starts`; an empty one is left out. All or none."""
    row = queries.visit(unit.session, appointment_id)
    try:
        return at_visit(_book(unit, row, [one for one in starts if one]))
    except groups.SeriesConflicts as error:
        unit.abandon()
        gone = [datetime.fromisoformat(one["starts_at"]) for one in error.extra["conflicts"]]
        with clock_of(hours_of(get_row(unit.session, Location, row.location_id).currency)):
            words = "; ".join(f"{day(one)}, {clock_time(one)}" for one in gone)
        no = Refused("Nothing was booked", f"Not free any more: {words}. Choose again.", error.status)
    except DomainError as error:
        unit.abandon()
        no = refused(unit, error, row.location_id)
    return _form(request, unit, appointment_id, part, no, sessions, every_days, starts)


def _book(unit: Unit, row: queries.VisitRow, starts: list[str]) -> uuid.UUID:
    """The first of the new visits."""
    if not starts:
        raise Invalid("Choose a time.")
    done = [one for one in row.items if one.performed] or list(row.items)
    done.sort(key=lambda one: (one.starts_at, one.position))
    items = [{"service_id": one.service_id, "provider_id": one.provider_id} for one in done]
    who = {"client_id": row.client_id, "location_id": row.location_id, "items": items}
    if len(starts) == 1:
        return book(unit.session, unit.actor, from_form(NewVisit, starts_at=starts[0], **who)).id
    series = from_form(NewSeries, starts=starts, kind=VisitGroupKind.TREATMENT, **who)
    return groups.book_series(unit.session, unit.actor, series).visits[0].id


def _form(
    request: Request,
    unit: Unit,
    appointment_id: uuid.UUID,
    part: str | None,
    no: Refused | None,
    sessions: int,
    every_days: int | None,
    starts: Sequence[str] = (),
) -> Response:
    """`starts`: what was chosen of each date before, while there are as many."""
    session, actor = unit.session, unit.actor
    row = queries.visit(session, appointment_id)
    actor.require(Permission.BOOKING_WRITE, row.location_id)
    found, nothing = [], ""
    try:
        found = rebook.proposals(session, actor, appointment_id, sessions=sessions, every_days=every_days)
    except DomainError as error:
        nothing = error.detail.removeprefix("every_days: ").capitalize()
    same = list(zip(found, starts, strict=True)) if len(starts) == len(found) else []
    chosen = {one.number: start for one, start in same}
    gone = {
        one.number
        for one, start in same
        if start and start not in [slot.starts_at.isoformat() for slot in one.slots]
    }
    like = row.starts_at.astimezone(ZoneInfo(row.timezone))
    show = shown_as(part, "visit_again.html")
    return show(
        request, unit, status=no.status if no else 200,
        visit=render(session, actor, "booking.appointment", AppointmentOut, row),
        client=client_name(session, actor, row.client_id, row.location_id),
        services=names_of(session, Service, [one.service_id for one in row.items]),
        people=names_of(session, StaffMember, [one.provider_id for one in row.items]),
        refused=no, found=found, nothing=nothing, sessions=sessions, every_days=every_days or "",
        chosen=chosen, gone=gone, most=MOST, longest=LONGEST, like=like,
    )  # fmt: skip
