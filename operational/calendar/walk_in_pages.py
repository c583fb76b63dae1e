"""The page of the walk-in queue: who waits at a location, joins, is seated or leaves.

What is sent names the location that it was shown for: the device may be set to another one meanwhile.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Form, Header, Query, Request, Response

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import Permission, Purpose, SoftRule
from operational.booking import walk_ins
from operational.booking.group_endpoints import row_of
from operational.booking.group_schemas import NewWalkIn, WalkInOut
from operational.calendar.desk import desk_of
from operational.calendar.place import onward, place_meant
from operational.calendar.refused import Refused, refused
from operational.clients import typed as typing
from operational.clients.schemas import ClientView
from operational.clients.typed import Typed
from operational.etag import etag
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Location, Service, StaffMember
from operational.names import client_names, names_of
from operational.pages import fragment, page, page_router, redirect
from operational.privacy.schemas import render_many
from operational.schemas import from_form

AREA = "operational.calendar"
QUEUE = "/walk-ins"
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Text = Annotated[str, Form(max_length=200)]
Overrides = Annotated[list[SoftRule], Form(default_factory=list)]
At = Annotated[uuid.UUID | None, Form(description="The location that the form was shown for.")]
Fragment = Annotated[str | None, Header(alias="X-Fragment", description="Sent by the page's own script.")]


@pages.get(QUEUE)
def show_queue(
    request: Request,
    unit: Reader,
    client: Annotated[uuid.UUID | None, Query()] = None,
    location: Annotated[uuid.UUID | None, Query()] = None,
    part: Fragment = None,
) -> Response:
    """Who waits at the location, or at the chosen one. With `client`, the form for them."""
    place = place_meant(request, unit, location)
    if part:
        return fragment(AREA, "walk_in_queue.html", request, unit, **_queue(unit, place))
    known = typing.one(unit, client) if client is not None else None
    return _page(request, unit, place, found=[known] if known else [], typed=Typed(client=str(client or "")))


@pages.post(QUEUE)
def join_queue(
    request: Request,
    unit: Writer,
    service_id: Annotated[uuid.UUID, Form()],
    provider_id: Text = "",
    first_name: Text = "",
    last_name: Text = "",
    phone: Text = "",
    client: Text = "",
    location_id: At = None,
) -> Response:
    place = place_meant(request, unit, location_id)
    typed = Typed(first_name, last_name, phone, client)
    try:
        who = typing.meant(unit, typed)
        asked = from_form(
            NewWalkIn, location_id=place.id, client_id=who, service_id=service_id,
            provider_id=provider_id or None,
        )  # fmt: skip
        joined = walk_ins.come(unit.session, unit.actor, asked)
    except DomainError as error:
        unit.abandon()
        chosen = {"service": str(service_id), "provider": provider_id}
        no, found = refused(unit, error, place.id), typing.fitting(unit, typed)
        return _page(request, unit, place, no, found, typed, chosen)
    wait = joined.wait_minutes
    told = "Nothing is free today any more." if wait is None else f"Tell them: about {wait} minutes."
    return onward(request, QUEUE, place, f"In the queue. {'Their turn is now.' if wait == 0 else told}")


@pages.post(QUEUE + "/known")
def show_known(
    request: Request, unit: Writer, first_name: Text = "", last_name: Text = "", phone: Text = ""
) -> Response:
    """Who fits what is being typed, for the page's own script."""
    typed = Typed(first_name, last_name, phone)
    return fragment(AREA, "known.html", request, unit, found=typing.fitting(unit, typed), typed=typed)


@pages.post(QUEUE + "/{walk_in_id}/seat")
def seat(
    request: Request,
    walk_in_id: uuid.UUID,
    unit: Writer,
    version: Text,
    overrides: Overrides,
    location_id: At = None,
) -> Response:
    """What stands in the way is said on the page; where it is a soft rule, with the form that breaks it."""
    place = place_meant(request, unit, location_id)
    try:
        seated = walk_ins.seat(unit.session, unit.actor, walk_in_id, overrides, version)
    except DomainError as error:
        unit.abandon()
        again, sent = f"{QUEUE}/{walk_in_id}/seat", [("version", version), ("location_id", place.id)]
        return _page(request, unit, place, refused(unit, error, place.id, again, sent))
    return redirect(f"/calendar/visits/{seated.row.appointment_id}", request, "Seated: the visit has begun.")


@pages.post(QUEUE + "/{walk_in_id}/leave")
def leave(
    request: Request, walk_in_id: uuid.UUID, unit: Writer, version: Text, location_id: At = None
) -> Response:
    place = place_meant(request, unit, location_id)
    try:
        walk_ins.leave(unit.session, unit.actor, walk_in_id, version)
    except DomainError as error:
        unit.abandon()
        return _page(request, unit, place, refused(unit, error, place.id))
    return onward(request, QUEUE, place, "Taken off the queue.")


def _page(
    request: Request,
    unit: Unit,
    place: Location,
    no: Refused | None = None,
    found: Sequence[ClientView] = (),
    typed: Typed = Typed(),  # noqa: B008 - it is frozen
    chosen: dict[str, str] | None = None,
) -> Response:
    may_write = unit.actor.may(Permission.BOOKING_WRITE, place.id)
    show = partial(page, AREA, "walk_ins.html", request, unit, no.status if no else 200)
    return show(
        **_queue(unit, place),
        place=place.name, desk=desk_of(unit, place) if may_write else None,
        refused=no, found=found, typed=typed, chosen=chosen or {"service": "", "provider": ""},
    )  # fmt: skip


def _queue(unit: Unit, place: Location) -> dict[str, Any]:
    session, actor = unit.session, unit.actor
    waiting = walk_ins.queue(session, actor, place.id)
    rows = render_many(session, actor, "booking.queue", WalkInOut, [row_of(one) for one in waiting])
    zone = ZoneInfo(place.timezone)
    return {
        "location": place.id,
        "rows": rows,
        "may_write": actor.may(Permission.BOOKING_WRITE, place.id),
        "now": clock.now().astimezone(zone),
        "came": {one.id: one.came_at.astimezone(zone) for one in rows},
        "versions": {one.id: etag(one) for one in rows},
        "clients": client_names(session, actor, [(one.client_id, place.id) for one in rows]),
        "services": names_of(session, Service, [one.service_id for one in rows]),
        "people": names_of(session, StaffMember, [one.provider_id for one in rows]),
    }
