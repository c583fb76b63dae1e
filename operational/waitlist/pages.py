"""The page of the waitlist: who waits, for the desk. What whoever holds a link sees is offer_pages.py's."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Form, Query, Request, Response
from sqlalchemy import select

from medspa.kernel.vocabulary import OfferStatus, Permission, Purpose
from operational.calendar.place import onward, place_meant
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Client, Service, StaffMember, WaitlistEntry, WaitlistOffer
from operational.names import client_name, client_names, names_of
from operational.pages import page, page_router, redirect
from operational.paging import Cursor, by_id
from operational.privacy.schemas import render_many
from operational.rows import get_row
from operational.schemas import from_form
from operational.waitlist import service
from operational.waitlist.schemas import ALL_DAY, DAYS, PARTS, WaitlistIn, WaitlistOut

AREA = "operational.waitlist"
WAITLIST = "/waitlist"
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Text = Annotated[str, Form(max_length=200)]


@pages.get(WAITLIST)
def show_waitlist(
    request: Request, unit: Reader, client: Annotated[uuid.UUID | None, Query()] = None, cursor: Cursor = None
) -> Response:
    """Who waits at the chosen location. With `client`, the form to add them."""
    session, actor = unit.session, unit.actor
    place = place_meant(request, unit, None)
    rows, after = by_id(session, service.waiting(place.id), WaitlistEntry.id, cursor=cursor)
    if cursor and not rows:
        return redirect(WAITLIST)
    found = render_many(session, actor, "waitlist.list", WaitlistOut, rows)
    offers = session.scalars(
        select(WaitlistOffer).where(
            WaitlistOffer.location_id == place.id, WaitlistOffer.status == OfferStatus.OFFERED
        )
    )
    open_offers = {
        one.waitlist_entry_id: one.starts_at.astimezone(ZoneInfo(place.timezone)) for one in offers
    }
    adding = None
    if client is not None:
        get_row(session, Client, client)
        adding = {"id": client, "name": client_name(session, actor, client, place.id)}
    today = service.today(place)
    return page(
        AREA, "waitlist.html", request, unit,
        place=place.name, location=place.id, found=found, after=after, offers=open_offers,
        days=DAYS, adding=adding,
        names=client_names(session, actor, [(one.client_id, place.id) for one in found]),
        services=names_of(session, Service, {one for row in found for one in row.service_ids}),
        people=names_of(session, StaffMember, {one.provider_id for one in found if one.provider_id}),
        offered=_choices(unit) if adding else [], providers=_providers(unit) if adding else [],
        first=today, last=today + timedelta(days=30), may_write=actor.may(Permission.BOOKING_WRITE, place.id),
    )  # fmt: skip


@pages.get(WAITLIST + "/{waitlist_entry_id}")
def show_entry(request: Request, unit: Reader, waitlist_entry_id: uuid.UUID) -> Response:
    """The list that a wish is on, at its location."""
    entry = get_row(unit.session, WaitlistEntry, waitlist_entry_id)
    return onward(request, WAITLIST, place_meant(request, unit, entry.location_id), "")


@pages.post(WAITLIST)
def add_to_waitlist(
    request: Request,
    unit: Writer,
    client_id: Annotated[uuid.UUID, Form()],
    service_id: Annotated[uuid.UUID, Form()],
    until_date: Annotated[date, Form()],
    location_id: Annotated[uuid.UUID, Form()],
    weekdays: Annotated[list[int], Form(default_factory=list)],
    provider_id: Text = "",
    part: Text = "",
) -> Response:
    """What is wrong with a wish is told as the API tells it."""
    place = place_meant(request, unit, location_id, Permission.BOOKING_WRITE)
    begin, end = PARTS.get(part, ALL_DAY)
    today = service.today(place)
    wish = from_form(
        WaitlistIn, client_id=client_id, location_id=place.id, service_ids=[service_id],
        provider_id=provider_id or None, weekdays=weekdays, from_minute=begin, until_minute=end,
        from_date=today, until_date=max(until_date, today),
    )  # fmt: skip
    service.add(unit.session, unit.actor, wish.model_dump())
    return onward(request, WAITLIST, place, "On the waitlist.")


@pages.post(WAITLIST + "/{waitlist_entry_id}/take-back")
def take_back(request: Request, unit: Writer, waitlist_entry_id: uuid.UUID, etag: Text) -> Response:
    entry = service.take_back(unit.session, unit.actor, waitlist_entry_id, etag)
    return onward(request, WAITLIST, place_meant(request, unit, entry.location_id), "Taken off the waitlist.")


def _choices(unit: Unit) -> list[tuple[uuid.UUID, str]]:
    rows = unit.session.execute(select(Service.id, Service.name).where(Service.active).order_by(Service.name))
    return [(row.id, row.name) for row in rows]


def _providers(unit: Unit) -> list[tuple[uuid.UUID, str]]:
    rows = unit.session.execute(
        select(StaffMember.id, StaffMember.label)
        .where(StaffMember.active, StaffMember.is_provider)
        .order_by(StaffMember.label)
    )
    return [(row.id, row.label) for row in rows]
