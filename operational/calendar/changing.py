"""What the forms that change a visit offer: free times, who may perform each service, rooms that serve.

What may be and what is done is booking's; a form sends only what differs from what it was shown.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from medspa.kernel.errors import DomainError, Invalid
from operational.booking.availability import Question, Slot, Wanted, availability
from operational.booking.facts import Facts
from operational.booking.move import facts_of, length
from operational.booking.queries import ItemRow, VisitRow
from operational.booking.schemas import Move
from operational.booking.shape import minutes_between
from operational.identity.unit import Unit
from operational.models import Resource, Service, StaffMember
from operational.names import names_of

DAYS = 14
SHOWN = 12
AS_NOW, ANYBODY = "", "any"
OTHER = "other"
"""Chosen in the place of a free time: the one that is written beside it."""


@dataclass(frozen=True, slots=True)
class Free:
    """A time at which the whole visit can be. `value` is what the form sends: who begins with each service
    when, as `provider~start` of each in its turn."""

    value: str
    starts_at: datetime
    who: str


@dataclass(frozen=True, slots=True)
class Place:
    """A room or device of an item: which it is, and which could serve in its stead."""

    kind: str
    current: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ItemForm:
    id: uuid.UUID
    service: str
    starts_at: str
    provider: str
    minutes: str
    providers: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]


def free_times(unit: Unit, row: VisitRow, first: date, asked_for: str) -> list[Free]:
    """Times from `first` on for the whole visit, with the same people, anybody, or (of one service) another.

    Raises what availability does.
    """
    items = _in_turn(row)
    facts = facts_of(unit.session, row, Move())
    first_item, *rest = [
        Wanted(one.service_id, _asked(one, asked_for, len(items)), _own_minutes(facts, one)) for one in items
    ]
    question = Question(
        row.location_id, first_item.service_id, first, first + timedelta(days=DAYS - 1),
        first_item.provider_id, row.client_id, then=tuple(rest), skip=row.id, minutes=first_item.minutes,
    )  # fmt: skip
    found, _ = availability(unit.session, unit.actor, question)
    slots = [one for one in found if _is_long_enough(facts, one, items)]
    people = names_of(unit.session, StaffMember, [step.provider_id for one in slots for step in one.items])
    # Where the services would stand apart otherwise than now, the visit cannot be moved as it is.
    as_it_is = [one for one in slots if _apart(one) == [item.starts_at - row.starts_at for item in items]]
    return [
        Free(
            ",".join(f"{step.provider_id}~{step.starts_at.isoformat()}" for step in one.items),
            one.starts_at,
            ", ".join(dict.fromkeys(people[step.provider_id] for step in one.items)),
        )
        for one in as_it_is or slots
        if one.starts_at != row.starts_at or asked_for
    ][:SHOWN]


def chosen_time(row: VisitRow, chosen: str, otherwise: str) -> dict[str, Any]:
    """What a move is asked for: `chosen` is a free time's value, or OTHER with a time that was written."""
    if chosen == OTHER or not chosen:
        if not otherwise:
            raise Invalid("Choose one of the times, or write another.")
        return {"starts_at": otherwise, "items": []}
    steps = [one.partition("~") for one in chosen.split(",")]
    changes = [
        {"item_id": item.id, "starts_at": starts_at}
        | ({} if provider == str(item.provider_id) else {"provider_id": provider})
        for item, (provider, _, starts_at) in zip(_in_turn(row), steps, strict=False)
    ]
    return {"items": changes}


def item_forms(unit: Unit, row: VisitRow, typed: Mapping[str, Mapping[str, Any]]) -> list[ItemForm]:
    """One form an item, as it is or as it was `typed`."""
    facts = facts_of(unit.session, row, Move())
    services = names_of(unit.session, Service, [one.service_id for one in row.items])
    eligible = {one.id: _providers(facts, one) for one in row.items}
    people = names_of(unit.session, StaffMember, [id_ for some in eligible.values() for id_ in some])
    ids = [id_ for one in row.items for need in one.resources for id_ in facts.pool(need.kind, need.tag)]
    ids += [need.resource_id for one in row.items for need in one.resources]
    found_rooms = select(Resource.id, Resource.name).where(Resource.id.in_(ids))
    rooms = {one.id: one.name for one in unit.session.execute(found_rooms)}
    found = []
    for item in row.items:
        change = typed.get(str(item.id), {})
        chosen = [str(one) for one in change.get("resource_ids", ())]
        places = []
        for need in item.resources:
            pool = dict.fromkeys((need.resource_id, *facts.pool(need.kind, need.tag)))
            named = next((one for one in chosen if one in map(str, pool)), str(need.resource_id))
            places.append(Place(need.kind.value, named, tuple((str(one), rooms[one]) for one in pool)))
        found.append(
            ItemForm(
                item.id,
                services[item.service_id],
                change.get("starts_at", _wall(item.starts_at)),
                change.get("provider_id", str(item.provider_id)),
                str(change.get("minutes", _hands(item))),
                tuple((str(one), people[one]) for one in eligible[item.id]),
                tuple(places),
            )
        )
    return found


def item_changes(
    row: VisitRow,
    item_ids: Sequence[str],
    starts: Sequence[str],
    providers: Sequence[str],
    minutes: Sequence[str],
    resources: Sequence[str],
) -> list[dict[str, Any]]:
    """What differs from the visit as it is, as a move asks for it."""
    if not len(item_ids) == len(starts) == len(providers) == len(minutes):
        raise Invalid("Send the whole form.")
    known = {str(one.id): one for one in row.items}
    changes = []
    for id_, start, provider, long in zip(item_ids, starts, providers, minutes, strict=True):
        item = known.get(id_)
        if item is None:
            raise Invalid("A service of this form is not of the visit any more.")
        change: dict[str, Any] = {}
        if start and start[:16] != _wall(item.starts_at):
            change["starts_at"] = start
        if provider and provider != str(item.provider_id):
            change["provider_id"] = provider
        if long and long != str(_hands(item)):
            change["minutes"] = int(long) if long.isascii() and long.isdigit() else long
        named = [one.partition(":")[2] for one in resources if one.startswith(f"{id_}:")]
        if named and sorted(named) != sorted(str(one.resource_id) for one in item.resources):
            change["resource_ids"] = named
        if change:
            changes.append({"item_id": id_, **change})
    return changes


def kept_lengths(row: VisitRow, item_ids: Collection[str]) -> dict[uuid.UUID, int]:
    """Service → how long its item takes, of the items that were named: what is kept for the client."""
    return {one.service_id: _hands(one) for one in row.items if str(one.id) in item_ids}


def free_or_none(unit: Unit, row: VisitRow, first: date, asked_for: str) -> tuple[list[Free], str]:
    """(free times, or none; why there are none)."""
    try:
        found = free_times(unit, row, first, asked_for)
    except DomainError as error:
        return [], error.detail
    until = first + timedelta(days=DAYS - 1)
    return found, "" if found else f"Nothing is free until {until.day} {until:%b}."


def _in_turn(row: VisitRow) -> list[ItemRow]:
    return sorted(row.items, key=lambda one: (one.starts_at, one.position))


def _asked(item: ItemRow, asked_for: str, many: int) -> uuid.UUID | None:
    if asked_for == ANYBODY:
        return None
    if asked_for == AS_NOW or many > 1:
        return item.provider_id
    try:
        return uuid.UUID(asked_for)
    except ValueError:
        raise Invalid("Choose one of the providers that are shown.") from None


def _own_minutes(facts: Facts, item: ItemRow) -> int | None:
    """The hands-on time that somebody set for the visit; None: it is the service's."""
    usual = facts.shape(facts.service(item.service_id), item.provider_id)
    return None if _hands(item) == usual.hands else _hands(item)


def _is_long_enough(facts: Facts, slot: Slot, items: Sequence[ItemRow]) -> bool:
    """Whether each service has the time that it takes of the visit when it moves."""
    return all(
        step.ends_at - step.starts_at
        >= length(facts, facts.service(item.service_id), item, step.provider_id).total
        for step, item in zip(slot.items, items, strict=True)
    )


def _apart(slot: Slot) -> list[timedelta]:
    return [one.starts_at - slot.starts_at for one in slot.items]


def _providers(facts: Facts, item: ItemRow) -> list[uuid.UUID]:
    on = facts.place.local_date(item.starts_at)
    return list(dict.fromkeys((item.provider_id, *facts.eligible(facts.service(item.service_id), on))))


def _wall(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M}"


def _hands(item: ItemRow) -> int:
    return minutes_between(item.starts_at, item.provider_ends_at)
