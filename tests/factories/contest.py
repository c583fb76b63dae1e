"""A location where writers fight for the same slots, and the rounds of calls they send."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from medspa.kernel.vocabulary import ResourceKind
from operational.models import Shift
from tests.factories.booking import add_provider, add_resource, add_service, book_visit, next_weekday, unit
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.databases import Database
from tests.support.storm import Call

WRITERS = 16
NO_LOCKS = """
create or replace function booking_lock(p_subjects uuid[], p_budget_ms integer) returns void
language plpgsql set search_path = public, pg_temp as $$ begin end $$
"""
"""Takes the first guard away, for controls."""
SLOTS_A_DAY = 16
"""Half-hour slots inside the opening hours of the factory's location (08:00-20:00 New York)."""


@dataclass(frozen=True)
class Arena:
    """Sixteen providers on shift for `days` days, two rooms, two devices, a client per writer."""

    setup: OrganizationSetUp
    first: datetime
    days: int
    providers: list[uuid.UUID]
    clients: list[uuid.UUID]
    plain: uuid.UUID
    """A service without needs."""
    roomed: uuid.UUID
    """Needs the one contest room."""
    lasered: uuid.UUID
    """Needs any of two devices."""
    devices: list[uuid.UUID]

    def slot(self, number: int) -> datetime:
        day, place = divmod(number, SLOTS_A_DAY)
        return self.first + timedelta(days=day, minutes=30 * place)

    def later(self, number: int) -> datetime:
        """A time of its own after the last contested slot's day, for visits that will be moved."""
        return self.slot(number) + timedelta(days=self.days)


def arena(database: Database, slots: int) -> Arena:
    setup = organization(database, locations=1)
    days = -(-slots // SLOTS_A_DAY)
    first = next_weekday(hour=14)
    providers = [setup.provider_id, *(add_provider(setup) for _ in range(WRITERS - 1))]
    starts = [first + timedelta(days=day) for day in range(2 * days + 1)]
    with database.session("owner") as session:
        session.add_all(
            Shift(
                org_id=setup.org_id,
                staff_id=provider,
                location_id=setup.location_id,
                starts_at=start,
                ends_at=start + timedelta(hours=9),
                active=True,
            )
            for provider in providers
            for start in starts
        )
    add_resource(setup, "Contest room", tag="contest")
    devices = [add_resource(setup, f"Laser {n}", kind=ResourceKind.DEVICE, tag="laser") for n in (1, 2)]
    return Arena(
        setup=setup,
        first=first,
        days=days,
        providers=providers,
        clients=[setup.client(last_name=f"Writer{n}") for n in range(WRITERS)],
        plain=add_service(setup, "Plain"),
        roomed=add_service(setup, "Roomed", needs=[(ResourceKind.ROOM, "contest")]),
        lasered=add_service(setup, "Lasered", needs=[(ResourceKind.DEVICE, "laser")]),
        devices=devices,
    )


def _book(arena: Arena, writer: int, start: datetime, items: Sequence[dict[str, Any]]) -> Call:
    body = {
        "client_id": str(arena.clients[writer]),
        "location_id": str(arena.setup.location_id),
        "starts_at": start.isoformat(),
        "items": items,
    }
    return Call("POST", "/v1/appointments", body, arena.setup.headers)


def _item(service: uuid.UUID, provider: uuid.UUID, **more: Any) -> dict[str, Any]:
    return {"service_id": str(service), "provider_id": str(provider), **more}


def same_provider(arena: Arena, number: int) -> list[Call]:
    items = [_item(arena.plain, arena.providers[0])]
    return [_book(arena, writer, arena.slot(number), items) for writer in range(WRITERS)]


def same_room(arena: Arena, number: int) -> list[Call]:
    """Each writer with a provider of their own."""
    return [
        _book(arena, writer, arena.slot(number), [_item(arena.roomed, arena.providers[writer])])
        for writer in range(WRITERS)
    ]


def reversed_order(arena: Arena, number: int) -> list[Call]:
    """Two parallel items that want both devices and two providers, half of the writers in reverse order."""
    start = arena.slot(number)
    items = [
        _item(
            arena.lasered,
            arena.providers[n],
            resource_ids=[str(arena.devices[n])],
            starts_at=start.isoformat(),
        )
        for n in (0, 1)
    ]
    return [_book(arena, w, start, items if w % 2 else items[::-1]) for w in range(WRITERS)]


def partial_overlap(arena: Arena, number: int) -> list[Call]:
    """Starts spread over a quarter of an hour, so that every visit overlaps every other one."""
    items = [_item(arena.plain, arena.providers[0])]
    return [_book(arena, w, arena.slot(number) + timedelta(minutes=w % 4 * 5), items) for w in range(WRITERS)]


def move_against_book(arena: Arena, number: int) -> list[Call]:
    """Half of the writers move visits of their own to the slot, half book it."""
    calls = []
    provider = arena.providers[0]
    for writer in range(WRITERS):
        if writer % 2:
            calls.append(_book(arena, writer, arena.slot(number), [_item(arena.plain, provider)]))
            continue
        with unit(arena.setup.database, arena.setup) as session:
            held = book_visit(
                session,
                arena.setup,
                arena.later(number),
                service_id=arena.plain,
                provider_id=arena.providers[writer],
                client_id=arena.clients[writer],
            )
        body = {
            "starts_at": arena.slot(number).isoformat(),
            "items": [{"item_id": str(held.items[0].id), "provider_id": str(provider)}],
        }
        headers = {**arena.setup.headers, "If-Match": '"1"'}
        calls.append(Call("PATCH", f"/v1/appointments/{held.id}", body, headers))
    return calls


def cancel_against_book(arena: Arena, number: int) -> list[Call]:
    """One writer cancels the visit that has the slot, the others book it: nobody, or one who came after."""
    with unit(arena.setup.database, arena.setup) as session:
        held = book_visit(
            session,
            arena.setup,
            arena.slot(number),
            service_id=arena.plain,
            provider_id=arena.providers[0],
            client_id=arena.clients[0],
        )
    headers = {**arena.setup.headers, "Idempotency-Key": str(uuid.uuid4())}
    cancels = Call("POST", f"/v1/appointments/{held.id}/cancel", {"by": "practice"}, headers)
    items = [_item(arena.plain, arena.providers[0])]
    return [cancels, *(_book(arena, writer, arena.slot(number), items) for writer in range(1, WRITERS))]


def hold_against_book(arena: Arena, number: int) -> list[Call]:
    """Half of the writers keep the slot, half book it."""
    calls = []
    items = [_item(arena.plain, arena.providers[0])]
    for writer in range(WRITERS):
        if writer % 2:
            calls.append(_book(arena, writer, arena.slot(number), items))
            continue
        body = {
            "location_id": str(arena.setup.location_id),
            "starts_at": arena.slot(number).isoformat(),
            "items": items,
        }
        calls.append(Call("POST", "/v1/holds", body, arena.setup.headers))
    return calls


CONTESTS: dict[str, Callable[[Arena, int], list[Call]]] = {
    "same provider": same_provider,
    "same room": same_room,
    "reversed order": reversed_order,
    "partial overlap": partial_overlap,
    "move against book": move_against_book,
    "hold against book": hold_against_book,
    "cancel against book": cancel_against_book,
}
