"""The public page on which somebody who finds no time joins the waitlist. What that means is waiting.py's."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Form, Query, Request, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from medspa.kernel.errors import DomainError
from operational.identity.dependencies import Slot, services_of
from operational.identity.forms import Field
from operational.models import Location
from operational.online import details, draft, guard, place, waiting
from operational.online import times as timing
from operational.online.errors import NotOffered
from operational.online.shown import public, public_page, public_router
from operational.rows import get_row
from operational.waitlist import service as waitlist
from operational.waitlist.schemas import ALL_DAY, DAYS, PARTS

pages = public_router()
ADDRESS = "/book/{slug}/{code}/waitlist"
USUAL = timedelta(days=30)
"""How long a wish lasts when nobody says otherwise."""
TELLS = ("form-unlikely", "age-not-met", "too-busy")
"""Refusals that are said on the form, with what was typed."""
Days = list[Annotated[int, Form(ge=0, le=6)]]


@pages.get(ADDRESS)
@public
def show(
    request: Request,
    slug: str,
    code: str,
    _slot: Slot,
    service: Annotated[list[uuid.UUID], Query(max_length=draft.MAX_SERVICES, default_factory=list)],
    provider: uuid.UUID | str = "",
    embed: bool = False,
) -> Response:
    at = _open(request, slug, code)
    return _form(request, at, service, timing.named(provider), embed)


@pages.post(ADDRESS)
@public
def join(
    request: Request,
    slug: str,
    code: str,
    _slot: Slot,
    service: Annotated[list[uuid.UUID], Form(max_length=draft.MAX_SERVICES)],
    weekdays: Annotated[Days, Form(default_factory=list)],
    provider: Annotated[uuid.UUID | str, Form()] = "",
    part: Field = "",
    until: Field = "",
    first_name: Field = "",
    last_name: Field = "",
    phone: Field = "",
    email: Field = "",
    birth_date: Field = "",
    embed: Annotated[bool, Form()] = False,
    stamp: Field = "",
    website: Field = "",
) -> Response:
    """The same answer for whoever joins: nobody learns who is a client or waits already."""
    guard.check_trap(website)
    guard.count(request, "waitlist", guard.FREE_FORMS)
    at, asked = _open(request, slug, code), timing.named(provider)
    typed = {
        "first_name": first_name, "last_name": last_name, "phone": phone, "email": email,
        "birth_date": birth_date, "part": part, "until": until, "weekdays": weekdays,
    }  # fmt: skip
    wrong: dict[str, str] = {}
    given = None
    try:
        given = details.Details.model_validate(
            {name: typed[name] or None for name in details.Details.model_fields}
        )
    except ValidationError as error:
        wrong = details.wrong_in(error)
    work = services_of(request)
    actor = place.visitor(at.org_id, at.location_id)
    try:
        with place.visiting(work.engine, actor) as desk, desk.transaction() as session:
            first, last = _bounds(session, at)
            day = _day(until, first, last)
            if day is None:
                wrong["until"] = "Choose a day from today on that we take bookings for."
            if given is not None and day is not None and not wrong:
                guard.check_stamp(session, work.vault, stamp)
                begin, end = PARTS.get(part, ALL_DAY)
                wish = {
                    "provider_id": asked, "weekdays": sorted(set(weekdays)), "from_minute": begin,
                    "until_minute": end, "from_date": first, "until_date": day,
                }  # fmt: skip
                wanted = place.offered(session, service)
                _check_provider(session, at, wanted, asked)
                waiting.join(session, desk.actor, at, wanted, given, wish)
    except DomainError as error:
        if error.code not in TELLS:
            raise
        return _form(request, at, service, asked, embed, error.status, typed=typed, told=error.detail)
    if wrong:
        return _form(request, at, service, asked, embed, 422, typed=typed, wrong=wrong)
    return public_page(request, "waited.html", at, embedded=embed)


def _form(
    request: Request,
    at: place.Place,
    service_ids: list[uuid.UUID],
    provider_id: uuid.UUID | None,
    embed: bool,
    status: int = 200,
    *,
    typed: dict[str, Any] | None = None,
    wrong: dict[str, str] | None = None,
    told: str = "",
) -> Response:
    work = services_of(request)
    with place.reading(work.engine, at) as session:
        wanted = place.offered(session, service_ids)
        if not place.may_wait(at, wanted):
            raise NotOffered
        people = timing.providers_of(session, at, wanted)
        first, last = _bounds(session, at)
        stamp = guard.stamp(session, work.vault)
    blank: dict[str, Any] = dict.fromkeys(details.Details.model_fields, "")
    blank |= {"part": "", "until": min(first + USUAL, last).isoformat(), "weekdays": []}
    return public_page(
        request, "waiting.html", at, status, embedded=embed, services=wanted, people=people,
        provider=provider_id, first=first, last=last, days=DAYS, stamp=stamp,
        typed={**blank, **(typed or {})}, wrong=wrong or {}, told=told,
        asks_birth_date=any(one.limits_age for one in wanted),
    )  # fmt: skip


def _bounds(session: Session, at: place.Place) -> tuple[date, date]:
    """The first and the last day that a wish may name."""
    first = waitlist.today(get_row(session, Location, at.location_id))
    return first, first + timedelta(days=at.days_ahead)


def _day(typed: str, first: date, last: date) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if first <= day <= last else None


def _check_provider(
    session: Session, at: place.Place, wanted: list[place.Offered], provider_id: uuid.UUID | None
) -> None:
    if provider_id is not None and provider_id not in timing.providers_of(session, at, wanted):
        raise NotOffered("Choose somebody else, or anybody.")


def _open(request: Request, slug: str, code: str) -> place.Place:
    at = place.find(services_of(request).engine, slug, code)
    if not (at.booking_open and at.waitlist_open):
        raise NotOffered
    return at
