"""People who come together: one books for all, each has a visit, all or none. Rules are booking's."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Form, Request, Response

from medspa.kernel import clock
from medspa.kernel.errors import DomainError, Invalid
from medspa.kernel.vocabulary import Permission, SoftRule
from operational.booking import common_times, groups, queries
from operational.booking.group_schemas import NewParty, PartyTimes
from operational.calendar.desk import desk_of
from operational.calendar.place import place_meant
from operational.calendar.refused import Refused, refused
from operational.calendar.visit_pages import AREA, VISIT, Fragment, Writer, at_visit, taken
from operational.client_records import open_client
from operational.clients import typed as typing
from operational.clients.schemas import ClientView
from operational.clients.typed import Typed, WhoIsIt
from operational.identity.unit import Unit
from operational.models import Location
from operational.names import client_name
from operational.pages import page, page_router
from operational.schemas import from_form

TOGETHER = "/visits/together"
MOST = 9
pages = page_router()
Texts = Annotated[list[Annotated[str, Form(max_length=200)]], Form(default_factory=list, max_length=MOST + 1)]
Text = Annotated[str, Form(max_length=40)]


@dataclass(frozen=True, slots=True)
class Guest:
    """One who comes: what was typed, who it may be, what for."""

    typed: Typed
    found: Sequence[ClientView] = ()
    service: str = ""
    provider: str = ""


@pages.get(TOGETHER)
def show_together(request: Request, unit: Writer, client: uuid.UUID) -> Response:
    place = place_meant(request, unit, None, Permission.BOOKING_WRITE)
    return _form(request, unit, place, client, [Guest(Typed())] * 2)


@pages.post(TOGETHER)
def book_together(
    request: Request,
    unit: Writer,
    booker_id: Annotated[uuid.UUID, Form()],
    service_id: Texts,
    provider_id: Texts,
    first_name: Texts,
    last_name: Texts,
    phone: Texts,
    known: Texts,
    overrides: Annotated[list[SoftRule], Form(default_factory=list)],
    at: Text = "",
    one_bill: Annotated[bool, Form()] = False,
    location_id: Annotated[uuid.UUID | None, Form()] = None,
    others: Text = "",
    show: Text = "",
    find: Text = "",
    pick: Text = "",
    found_at: Text = "",
) -> Response:
    """The first of `service_id` and `provider_id` is the booker's; names are the others'.

    `show`, or another number of `others` than there are names: the form with as many, and nothing is booked.
    `find`: the form with times from `at` on at which all can be served. `pick` is one of them, and counts
    while `at` is still `found_at`, from when on they were looked for.
    """
    place = place_meant(request, unit, location_id, Permission.BOOKING_WRITE)
    people = [Typed(), *map(Typed, first_name, last_name, phone, known)]
    starts = pick if pick and at == found_at else at
    try:
        if not len(people) == len(service_id) == len(provider_id) > 1:
            raise Invalid("Send the whole form.")
        many = _number(others) if others else len(people) - 1
        if show or many != len(people) - 1:
            guests = [*_guests(unit, people, service_id, provider_id), *[Guest(Typed())] * MOST]
            return _form(request, unit, place, booker_id, guests[: many + 1], None, at, one_bill)
        if find:
            guests = _guests(unit, people, service_id, provider_id)
            return _form(
                request, unit, place, booker_id, guests, None, at, one_bill,
                times=_times(unit, place, booker_id, guests, at),
            )  # fmt: skip
        clients = [booker_id, *typing.meant_of_all(unit, people[1:])]
        party = from_form(
            NewParty, location_id=place.id, booker_id=booker_id, starts_at=starts or None, one_bill=one_bill,
            overrides=tuple(overrides),
            visits=[
                {"client_id": who, "items": [{"service_id": what, "provider_id": whom or None}]}
                for who, what, whom in zip(clients, service_id, provider_id, strict=True)
            ],
        )  # fmt: skip
        booked = groups.book_party(unit.session, unit.actor, party)
    except DomainError as error:
        unit.abandon()
        guests = _guests(unit, people, service_id, provider_id, asks=isinstance(error, WhoIsIt))
        lists = {
            "service_id": service_id, "provider_id": provider_id, "first_name": first_name,
            "last_name": last_name, "phone": phone, "known": known,
        }  # fmt: skip
        sent = [("booker_id", booker_id), ("location_id", place.id), ("at", starts)]
        sent += [(name, one) for name in lists for one in lists[name]]
        sent += [("one_bill", "true")] * one_bill
        no = refused(unit, error, place.id, TOGETHER, sent)
        return _form(request, unit, place, booker_id, guests, no, at, one_bill)
    return at_visit(booked.visits[0].id)


@pages.post(VISIT + "/all-here")
def all_here(request: Request, appointment_id: uuid.UUID, unit: Writer, part: Fragment = None) -> Response:
    """Everybody of the party who is still expected has arrived."""

    def act() -> None:
        group_id = queries.visit(unit.session, appointment_id).group_id
        if group_id is None:
            raise Invalid("Nobody comes along with this visit.")
        groups.arrive_together(unit.session, unit.actor, group_id)

    return taken(request, unit, appointment_id, part, act)


def _guests(
    unit: Unit,
    people: Sequence[Typed],
    services: Sequence[str],
    providers: Sequence[str],
    *,
    asks: bool = False,
) -> list[Guest]:
    """As they were typed, with the records that fit where somebody is asked about them, or was before."""
    return [
        Guest(one, typing.fitting(unit, one) if asks or one.client else (), what, whom)
        for one, what, whom in zip(people, services, providers, strict=False)
    ]


def _times(
    unit: Unit, place: Location, booker_id: uuid.UUID, guests: Sequence[Guest], at: str
) -> list[datetime]:
    """At which all of them can be served, on the location's clock. Raises what is wrong with the form."""
    who = [str(booker_id), *(one.typed.client for one in guests[1:])]
    asked = from_form(
        PartyTimes, location_id=place.id, since=at or None,
        guests=[
            {"service_id": one.service, "provider_id": one.provider or None,
             "client_id": client if client not in ("", "new") else None}
            for one, client in zip(guests, who, strict=True)
        ],
    )  # fmt: skip
    wanted = [common_times.Guest(one.service_id, one.provider_id, one.client_id) for one in asked.guests]
    return common_times.common_times(unit.session, unit.actor, place.id, wanted, asked.since)


def _number(others: str) -> int:
    """Raises Invalid."""
    if others in map(str, range(1, MOST + 1)):
        return int(others)
    raise Invalid(f"How many others: write a number from 1 to {MOST}.")


def _form(
    request: Request,
    unit: Unit,
    place: Location,
    booker_id: uuid.UUID,
    guests: Sequence[Guest],
    no: Refused | None = None,
    at: str = "",
    one_bill: bool = False,
    times: Sequence[datetime] | None = None,
) -> Response:
    """`times`: what was found for all of them; none: nobody looked."""
    booker = open_client(unit.session, booker_id).id
    return page(
        AREA, "together.html", request, unit, no.status if no else 200,
        place=place.name, location=place.id, booker=booker,
        booker_name=client_name(unit.session, unit.actor, booker, place.id),
        guests=guests, most=MOST, desk=desk_of(unit, place), refused=no, one_bill=one_bill,
        at=at or f"{_next_hour(place):%Y-%m-%dT%H:%M}", times=times,
    )  # fmt: skip


def _next_hour(place: Location) -> datetime:
    now = clock.now().astimezone(ZoneInfo(place.timezone)).replace(tzinfo=None)
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
