"""Forms that change a visit without dragging it: another time, other people or rooms, services more or less.

What stands in the way is said beside the forms, which keep what was typed. Rules are booking's.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import Form, Query, Request, Response
from pydantic import BeforeValidator

from medspa.kernel import clock
from medspa.kernel.errors import DomainError, Invalid, StaleVersion
from medspa.kernel.vocabulary import Permission, SoftRule
from operational.booking import items as serving
from operational.booking import lasting, queries
from operational.booking import move as moving
from operational.booking.schemas import AddItems, AppointmentOut, Move
from operational.calendar import changing
from operational.calendar.desk import desk_of
from operational.calendar.refused import Refused, refused
from operational.calendar.visit_pages import Fragment, Reader, Waived, Writer, at_visit, shown_as
from operational.calendar.ways import ways_of
from operational.etag import etag
from operational.identity.unit import Unit
from operational.models import Location, Service
from operational.names import client_name, names_of
from operational.pages import page_router
from operational.privacy.schemas import render
from operational.rows import get_row
from operational.schemas import from_form

pages = page_router()
VISIT = "/calendar/visits/{appointment_id}"
Text = Annotated[str, Form(max_length=200)]
Texts = Annotated[list[Annotated[str, Form(max_length=100)]], Form(default_factory=list, max_length=60)]
Overrides = Annotated[list[SoftRule], Form(default_factory=list)]
DayShown = Annotated[date | None, BeforeValidator(lambda sent: sent or None)]
By = Literal["client", "practice"]


@dataclass(frozen=True, slots=True)
class Typed:
    """The forms for another time, with what its free times were looked for by, and for one more service;
    and whose length is kept."""

    day: date | None = None
    other: str = ""
    slot: str = ""
    at: str = ""
    by: By = "practice"
    waive_fee: bool = False
    service: str = ""
    provider: str = ""
    keep: tuple[str, ...] = ()


@pages.get(VISIT + "/change")
def show_change(
    request: Request,
    appointment_id: uuid.UUID,
    unit: Reader,
    day: DayShown = None,
    other: Annotated[str, Query(alias="with", max_length=40)] = "",
    part: Fragment = None,
) -> Response:
    return _form(request, unit, appointment_id, part, time=Typed(day, other))


@pages.post(VISIT + "/move")
def move(
    request: Request,
    appointment_id: uuid.UUID,
    unit: Writer,
    overrides: Overrides,
    version: Text,
    slot: Text = "",
    at: Text = "",
    by: Annotated[By, Form()] = "practice",
    waive_fee: Waived = False,
    day: Annotated[DayShown, Form()] = None,
    other: Annotated[str, Form(alias="with", max_length=40)] = "",
    part: Fragment = None,
) -> Response:
    """The whole visit at another time."""
    sent = [("version", version), ("slot", slot), ("at", at), ("by", by)]
    sent += [("waive_fee", "true")] * waive_fee

    def act() -> queries.VisitRow:
        row = queries.visit(unit.session, appointment_id)
        asked = changing.chosen_time(row, slot, at)
        request_ = from_form(Move, **asked, by=by, waive_fee=waive_fee, overrides=tuple(overrides))
        return moving.move(unit.session, unit.actor, appointment_id, request_, version)

    return _done(
        request,
        unit,
        appointment_id,
        part,
        act,
        "move",
        sent,
        time=Typed(day, other, slot, at, by, waive_fee),
    )


@pages.post(VISIT + "/items")
def change_items(
    request: Request,
    appointment_id: uuid.UUID,
    unit: Writer,
    overrides: Overrides,
    item_id: Texts,
    starts_at: Texts,
    provider_id: Texts,
    minutes: Texts,
    resource: Texts,
    keep: Texts,
    version: Text,
    part: Fragment = None,
) -> Response:
    """Who performs what, when, how long and where; `keep`: the items that take so long with this client."""
    lists = {
        "item_id": item_id, "starts_at": starts_at, "provider_id": provider_id, "minutes": minutes,
        "resource": resource, "keep": keep,
    }  # fmt: skip
    sent = [("version", version), *((name, one) for name, some in lists.items() for one in some)]
    typed: dict[str, Mapping[str, Any]] = {}

    def act() -> queries.VisitRow:
        row = queries.visit(unit.session, appointment_id)
        changes = changing.item_changes(row, item_id, starts_at, provider_id, minutes, resource)
        typed.update({str(one["item_id"]): one for one in changes})
        if not changes and not keep:
            raise Invalid("It is as it was: nothing was changed.")
        if changes:
            asked = from_form(Move, items=changes, overrides=tuple(overrides))
            row = moving.move(unit.session, unit.actor, appointment_id, asked, version)
        for service_id, long in changing.kept_lengths(row, keep).items():
            lasting.set_minutes(unit.session, unit.actor, row.client_id, service_id, long)
        return row

    return _done(
        request, unit, appointment_id, part, act, "items", sent, typed=typed, time=Typed(keep=tuple(keep))
    )


@pages.post(VISIT + "/items/add")
def add_item(
    request: Request,
    appointment_id: uuid.UUID,
    unit: Writer,
    overrides: Overrides,
    version: Text,
    service_id: Text,
    provider_id: Text = "",
    part: Fragment = None,
) -> Response:
    """One more service, after those there are."""
    sent = [("version", version), ("service_id", service_id), ("provider_id", provider_id)]

    def act() -> queries.VisitRow:
        item = {"service_id": service_id, "provider_id": provider_id or None}
        asked = from_form(AddItems, items=[item], overrides=tuple(overrides))
        return serving.add_items(
            unit.session, unit.actor, appointment_id, asked.items, asked.overrides, version
        )

    typed = Typed(service=service_id, provider=provider_id)
    return _done(request, unit, appointment_id, part, act, "items/add", sent, time=typed)


@pages.post(VISIT + "/items/{item_id}/remove")
def remove_item(
    request: Request,
    appointment_id: uuid.UUID,
    item_id: uuid.UUID,
    unit: Writer,
    version: Text,
    part: Fragment = None,
) -> Response:
    def act() -> queries.VisitRow:
        return serving.remove_item(unit.session, unit.actor, appointment_id, item_id, version)

    return _done(request, unit, appointment_id, part, act, "", [])


def _done(
    request: Request,
    unit: Unit,
    appointment_id: uuid.UUID,
    part: str | None,
    act: Callable[[], queries.VisitRow],
    form: str,
    sent: list[tuple[str, str]],
    *,
    typed: Mapping[str, Mapping[str, Any]] = {},
    time: Typed = Typed(),
) -> Response:
    """The visit as it is now; or the forms again with what stands in the way, and nothing changed."""
    location_id = queries.visit(unit.session, appointment_id).location_id
    try:
        return at_visit(act().id)
    except DomainError as error:
        unit.abandon()
        stale = isinstance(error, StaleVersion)
        path = f"/calendar/visits/{appointment_id}/{form}" if form else ""
        no = refused(unit, error, location_id, path, sent)
        return _form(request, unit, appointment_id, part, no, {} if stale else typed, time=time)


def _form(
    request: Request,
    unit: Unit,
    appointment_id: uuid.UUID,
    part: str | None,
    no: Refused | None = None,
    typed: Mapping[str, Mapping[str, Any]] = {},
    *,
    time: Typed = Typed(),
) -> Response:
    session, actor = unit.session, unit.actor
    row = queries.visit(session, appointment_id)
    actor.require(Permission.BOOKING_WRITE, row.location_id)
    place = get_row(session, Location, row.location_id)
    visit = render(session, actor, "booking.appointment", AppointmentOut, row)
    today = clock.now().astimezone(ZoneInfo(place.timezone)).date()
    first = max(time.day or row.starts_at.date(), today)
    free, nothing = changing.free_or_none(unit, row, first, time.other)
    show = shown_as(part, "visit_change.html")
    return show(
        request, unit, status=no.status if no else 200,
        visit=visit, etag=etag(visit), refused=no, typed=time, first=first, today=today,
        client=client_name(session, actor, row.client_id, row.location_id),
        free=free, nothing=nothing, items=changing.item_forms(unit, row, typed), desk=desk_of(unit, place),
        services=names_of(session, Service, [one.service_id for one in row.items]),
        ways=ways_of(unit, row),
    )  # fmt: skip
