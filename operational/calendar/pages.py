"""The calendar page and what its script asks for. The panel of a visit is visit_pages's.

With scripts the page draws the feed and follows changes; without them it is a list of the day with links.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BeforeValidator

from medspa.kernel import clock
from medspa.kernel.errors import Forbidden
from medspa.kernel.vocabulary import Permission, Purpose, SubjectKind
from medspa.ui.render import HEADERS
from operational.calendar.desk import desk_of
from operational.calendar.feed import days_of, etag_of
from operational.calendar.nothing import nothing_on
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Location
from operational.pages import YEAR_SECONDS, chosen_place, keep, page, page_router, redirect
from operational.rows import get_row
from operational.shell.around import PLACE_COOKIE

AREA = "operational.calendar"
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]
Watcher = Annotated[Unit, Depends(needs(Permission.BOOKING_READ), scope="function")]
Booker = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE), scope="function")]
View = Literal["day", "week"]
DayShown = Annotated[date | None, BeforeValidator(lambda sent: sent or None)]


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


def _offset(place: Location) -> str:
    """Its offset from UTC now, such as -05:00: where the line of the present is drawn."""
    at = f"{clock.now().astimezone(ZoneInfo(place.timezone)):%z}"
    return f"{at[:3]}:{at[3:5]}"


def _inside(body: str) -> str:
    """JSON that may stand inside a script element: it cannot end it."""
    return body.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
