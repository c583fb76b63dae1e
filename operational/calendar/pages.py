"""The calendar page, and the panel of a visit with what can be done to it. Rules are booking's services'.

With scripts the page draws the feed and follows changes; without them it is a list of the day with links.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Form, Header, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BeforeValidator
from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Forbidden
from medspa.kernel.vocabulary import CancelReason, Permission, Purpose, SubjectKind
from medspa.ui.render import HEADERS
from operational.booking import cancel as cancelling
from operational.booking import move as moving
from operational.booking import queries
from operational.booking import undo as undoing
from operational.booking import visit as visiting
from operational.booking.schemas import AppointmentOut, HistoryOut, Restore
from operational.calendar.desk import desk_of
from operational.calendar.feed import days_of, etag_of
from operational.calendar.nothing import nothing_on
from operational.calendar.ways import ways_of
from operational.clients import notes
from operational.clients.desk_schemas import NoteView
from operational.clients.schemas import ClientView
from operational.etag import etag
from operational.identity.access import Actor
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Client, Invoice, Location, Service, StaffMember
from operational.names import names_of
from operational.pages import chosen_place, fragment, keep, page, page_router, redirect
from operational.privacy.schemas import render, render_many
from operational.rows import get_row
from operational.shell.around import PLACE_COOKIE

AREA = "operational.calendar"
YEAR_SECONDS = 365 * 24 * 3600
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Watcher = Annotated[Unit, Depends(needs(Permission.BOOKING_READ), scope="function")]
Booker = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE), scope="function")]
View = Literal["day", "week"]
DayShown = Annotated[date | None, BeforeValidator(lambda sent: sent or None)]
Waived = Annotated[bool, Form()]
Fragment = Annotated[str | None, Header(alias="X-Fragment", description="Sent by the page's own script.")]


@pages.get("/calendar")
def show_calendar(
    request: Request,
    unit: Reader,
    location: uuid.UUID | None = None,
    day: DayShown = None,
    view: View = "day",
) -> Response:
    if location is not None:
        return _at(request, unit, location, day, view)
    place = chosen_place(request, unit)
    if place is None:
        raise Forbidden("You work at no location.")
    days = 7 if view == "week" else 1
    if view == "week":
        first = day or clock.now().astimezone(ZoneInfo(place.timezone)).date()
        day = first - timedelta(days=first.weekday())
    shown = days_of(unit, place.id, day, days)
    may_write = unit.actor.may(Permission.BOOKING_WRITE, place.id)
    drawn = {
        "location": str(place.id), "day": str(shown.day), "days": days, "view": view, "etag": etag_of(shown),
        "offset": _offset(place), "mayWrite": may_write,
        "mayPlan": unit.actor.may(Permission.SCHEDULE_MANAGE, place.id),
        "mayOverride": unit.actor.may(Permission.BOOKING_OVERRIDE, place.id),
    }  # fmt: skip
    return page(
        AREA, "calendar.html", request, unit,
        shown=shown, feed=_inside(shown.model_dump_json()), drawn=drawn, view=view, may_write=may_write,
        earlier=shown.day - timedelta(days=days), later=shown.day + timedelta(days=days),
        listed=sorted(shown.items, key=lambda one: (one.starts_at, one.id)),
        names={one.id: one.name for one in shown.columns}, nothing=nothing_on(unit, shown),
        no_rooms=all(one.kind is SubjectKind.PROVIDER for one in shown.columns),
        may_equip=unit.actor.may(Permission.CATALOGUE_MANAGE),
    )  # fmt: skip


def _at(request: Request, unit: Unit, location: uuid.UUID, day: date | None, view: View) -> Response:
    """The calendar of another location: this device is set to it, as by the choice in the bar."""
    unit.actor.require(Permission.BOOKING_READ, location)
    onward = redirect(f"/calendar?view={view}" + (f"&day={day}" if day else ""))
    keep(request, onward, PLACE_COOKIE, str(get_row(unit.session, Location, location).id), YEAR_SECONDS)
    return onward


@pages.get("/calendar/changes")
async def follow_changes(request: Request, unit: Watcher) -> Response:
    """Server-sent events: `changed` whenever something on the organization's calendars did."""
    changes = request.app.state.changes
    stream = changes.stream(unit.actor.org_id, unit.session_id or unit.actor.id)
    return StreamingResponse(
        stream, media_type="text/event-stream", headers={**HEADERS, "X-Accel-Buffering": "no"}
    )


@pages.get("/calendar/desk")
def show_desk(request: Request, unit: Booker) -> Response:
    """For the page's own script, which books from any page."""
    place = chosen_place(request, unit)
    if place is None:
        raise Forbidden("You work at no location.")
    return Response(desk_of(unit, place).model_dump_json(), media_type="application/json", headers=HEADERS)


@pages.get("/calendar/visits/{appointment_id}")
def show_visit(request: Request, appointment_id: uuid.UUID, unit: Reader, part: Fragment = None) -> Response:
    session, actor = unit.session, unit.actor
    row = queries.visit(session, appointment_id)
    actor.require(Permission.BOOKING_READ, row.location_id)
    visit = render(session, actor, "booking.appointment", AppointmentOut, row)
    client, noted = None, []
    if actor.may(Permission.CLIENT_READ, row.location_id):
        client = render(session, actor, "client.card", ClientView, get_row(session, Client, row.client_id))
        found = notes.standing(session, unit.vault, row.client_id)
        noted = render_many(session, actor, "client.notes", NoteView, found)
    bills = select(Invoice.id, Invoice.number).where(Invoice.appointment_id == appointment_id)
    events = [HistoryOut.model_validate(one) for one in queries.history(session, appointment_id)]
    show = partial(fragment, AREA, "visit_panel.html") if part else partial(page, AREA, "visit_page.html")
    return show(
        request, unit,
        visit=visit, client=client, noted=noted,
        services=names_of(session, Service, [one.service_id for one in visit.items]),
        people=names_of(session, StaffMember, [one.provider_id for one in visit.items]),
        bills=session.execute(bills).all() if actor.may(Permission.INVOICE_READ, row.location_id) else [],
        undone=_undoable(events), etag=etag(visit), ways=ways_of(unit, row),
        reasons=list(CancelReason),
        may_write=actor.may(Permission.BOOKING_WRITE, row.location_id),
    )  # fmt: skip


def _button(step: str, act: Callable[[Session, Actor, uuid.UUID], object]) -> None:
    """A form that says nothing but that the visit takes this step."""

    @pages.post(f"/calendar/visits/{{appointment_id}}/{step}", name=act.__name__)
    def take(appointment_id: uuid.UUID, unit: Writer) -> Response:
        act(unit.session, unit.actor, appointment_id)
        return _back(appointment_id)


_button("confirm", visiting.confirm)
_button("arrive", visiting.arrive)
_button("complete", visiting.complete)
_button("not-treated", visiting.not_treated)
_button("left", visiting.left)


@pages.post("/calendar/visits/{appointment_id}/no-show")
def no_show(appointment_id: uuid.UUID, unit: Writer, waive_fee: Waived = False) -> Response:
    cancelling.no_show(unit.session, unit.actor, appointment_id, waive_fee=waive_fee)
    return _back(appointment_id)


@pages.post("/calendar/visits/{appointment_id}/cancel")
def cancel(
    appointment_id: uuid.UUID,
    unit: Writer,
    by: Annotated[Literal["client", "practice"], Form()],
    reason: Annotated[CancelReason, Form()] = CancelReason.OTHER,
    waive_fee: Waived = False,
) -> Response:
    cancelling.cancel(unit.session, unit.actor, appointment_id, by=by, reason=reason, waive_fee=waive_fee)
    return _back(appointment_id)


@pages.post("/calendar/visits/{appointment_id}/undo")
def undo(appointment_id: uuid.UUID, unit: Writer, version: Annotated[str, Form(max_length=40)]) -> Response:
    """The last change is taken back, within a minute of it."""
    undoing.undo(unit.session, unit.actor, appointment_id, version)
    return _back(appointment_id)


@pages.post("/calendar/visits/{appointment_id}/restore")
def restore(appointment_id: uuid.UUID, unit: Writer) -> Response:
    """Undo a cancellation or a no-show, while the time is free."""
    moving.restore(unit.session, unit.actor, appointment_id, Restore())
    return _back(appointment_id)


def _undoable(events: Sequence[HistoryOut]) -> str | None:
    """The last event, where it can still be taken back."""
    if not events or events[-1].event in undoing.NOT_UNDONE:
        return None
    fresh = clock.now() - events[-1].happened_at < undoing.UNDO_FOR
    return events[-1].event.value if fresh else None


def _back(appointment_id: uuid.UUID) -> Response:
    return redirect(f"/calendar/visits/{appointment_id}")


def _offset(place: Location) -> str:
    """Its offset from UTC now, such as -05:00: where the line of the present is drawn."""
    at = f"{clock.now().astimezone(ZoneInfo(place.timezone)):%z}"
    return f"{at[:3]}:{at[3:5]}"


def _inside(body: str) -> str:
    """JSON that may stand inside a script element: it cannot end it."""
    return body.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
