"""Free times for one or several services: shifts and opening hours minus claims and time off, by the same
functions that book, and by the services' rules as booking checks them (rules.py).

Local days, slots on the location's wall clock. Nothing is held by asking.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Permission
from operational.booking import grid, openings
from operational.booking.errors import NotBookable
from operational.booking.facts import Facts, load_facts
from operational.booking.grid import Grid
from operational.booking.openings import Part
from operational.booking.rules import midnight
from operational.identity.access import Actor

MAX_DAYS = 31
FIRST_DAYS = 7
"""Looked at together; then as many more as the days before let expect the answer to need."""
STEP_MINUTES: Final = 15
LONGEST_WAIT = timedelta(minutes=15)
"""Between two services of one visit."""
NEXT_DAYS = 186
"""How far the next free time is looked for."""


@dataclass(frozen=True, slots=True)
class Step:
    """One service of a slot: who begins with it when. Another provider may be free then as well."""

    service_id: uuid.UUID
    provider_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """A start that can be booked with any of these providers."""

    starts_at: datetime
    ends_at: datetime
    provider_ids: tuple[uuid.UUID, ...]
    """For the first service: who leaves no unsellable gap first, then by preference."""
    best: bool
    """With the first of them no gap remains that nothing can be booked in."""
    items: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One more service of the visit, after the others."""

    service_id: uuid.UUID
    provider_id: uuid.UUID | None = None
    minutes: int | None = None
    """Hands-on time, where it is not the service's."""


@dataclass(frozen=True, slots=True)
class Question:
    """Free times of services at one location on local days [first, last]."""

    location_id: uuid.UUID
    service_id: uuid.UUID
    first: date
    last: date
    provider_id: uuid.UUID | None = None
    client_id: uuid.UUID | None = None
    """Leaves out times at which this client is in another visit, and what the rules say about them."""
    step_minutes: int = STEP_MINUTES
    """Between starts, unless the service has an interval of its own."""
    limit: int = 200
    after: datetime | None = None
    """Slots after this start only (the next page)."""
    then: tuple[Wanted, ...] = ()
    """What follows in the same visit, each at most 15 minutes after the one before."""
    online: bool = False
    """Asked by a client: services that are not booked online are refused."""
    skip: uuid.UUID | None = None
    """A visit or hold whose own time counts as free: it will be moved."""
    minutes: int | None = None
    """Hands-on time of the first service, where it is not the service's."""


def availability(session: Session, actor: Actor, question: Question) -> tuple[list[Slot], bool]:
    """(slots by start, whether there are more). Raises Invalid for a range over 31 days."""
    actor.require(Permission.BOOKING_READ, question.location_id)
    if not timedelta() <= question.last - question.first < timedelta(days=MAX_DAYS):
        raise Invalid(f"from, to: ask for at most {MAX_DAYS} days, the first one first.")
    wanted = (Wanted(question.service_id, question.provider_id, question.minutes), *question.then)
    facts = load_facts(
        session, question.location_id, {one.service_id for one in wanted}, client_id=question.client_id
    )
    for one in wanted:
        service = facts.service(one.service_id)
        if not service.active:
            raise NotBookable("The service is retired.")
        if question.online and not service.rule.online:
            raise NotBookable("Clients book this service with the practice.")
    found: list[Slot] = []
    first, length = question.first, FIRST_DAYS
    while first <= question.last and len(found) <= question.limit:
        last = min(first + timedelta(days=length - 1), question.last)
        part = replace(question, first=first, last=last, limit=question.limit - len(found))
        found += _slots(session, facts, part, wanted)
        first = last + timedelta(days=1)
        length = _more_days(question, first, len(found))
    return found[: question.limit], len(found) > question.limit


def next_free(session: Session, actor: Actor, question: Question) -> Slot | None:
    """The first slot from `question.first` on, as far as half a year ahead."""
    return next(from_then_on(session, actor, replace(question, limit=1)), None)


def from_then_on(session: Session, actor: Actor, question: Question) -> Iterator[Slot]:
    """Slots from `question.first` on, half a year ahead: at most `limit` of each month that is looked at."""
    first = question.first
    while first < question.first + timedelta(days=NEXT_DAYS):
        last = first + timedelta(days=MAX_DAYS - 1)
        yield from availability(session, actor, replace(question, first=first, last=last))[0]
        first = last + timedelta(days=1)


def _more_days(question: Question, upto: date, found: int) -> int:
    """Days to look at next, by what the days before `upto` held; a tenth more, for days differ."""
    looked_at = (upto - question.first).days
    if not found:
        return 2 * looked_at
    return max(1, -(-(question.limit + 1 - found) * looked_at * 11 // (found * 10)))


def _slots(session: Session, facts: Facts, question: Question, wanted: Sequence[Wanted]) -> Iterator[Slot]:
    """The first `limit` + 1 starts, each with everybody who is free then."""
    zero = midnight(facts.place, question.first)
    end = midnight(facts.place, question.last + timedelta(days=1))
    field = Grid(zero, (end - zero) // grid.UNIT)
    since = max(zero, clock.now())
    if max(since, question.after or since) >= end:
        return
    parts: list[Part] = []
    for one in reversed(wanted):
        part = openings.part(
            session, facts, field, one.service_id, one.provider_id, since,
            client_id=question.client_id, skip=question.skip, first=question.first, last=question.last,
            minutes=one.minutes,
        )  # fmt: skip
        if parts:
            part = part.before(parts[-1], LONGEST_WAIT)
        parts.append(part)
    parts.reverse()
    step = facts.service(question.service_id).rule.slot_minutes or question.step_minutes
    starts = parts[0].anybody & field.every(timedelta(minutes=step) // grid.UNIT)
    if question.after is not None:
        starts &= -1 << (field.last(question.after) + 1)
    yield from _listed(facts, field, parts, list(islice(grid.numbers(starts), question.limit + 1)))


def _listed(facts: Facts, field: Grid, parts: Sequence[Part], starts: list[int]) -> Iterator[Slot]:
    """The slots of these starts: each service begins as soon after the one before as anybody can."""
    zone = ZoneInfo(facts.place.timezone)
    first = parts[0].who(starts)
    steps: list[list[Step]] = []
    begins, who, ends = starts, first, list[int]()
    for place, part in enumerate(parts):
        if place:
            begins = part.next_from(ends)
            who = part.who(begins)
        lasting = {provider: shape.total for provider, shape in part.shapes.items()}
        chosen = [providers[0] for providers, _ in who]
        steps.append([
            Step(part.service_id, one, (start := field.at(number)).astimezone(zone),
                 (start + lasting[one]).astimezone(zone))
            for number, one in zip(begins, chosen, strict=True)
        ])  # fmt: skip
        ends = [number + grid.units(lasting[one]) for number, one in zip(begins, chosen, strict=True)]
    for (providers, best), items in zip(first, zip(*steps, strict=True), strict=True):
        yield Slot(items[0].starts_at, items[-1].ends_at, providers, best, items)


def as_cursor(slot: Slot) -> str:
    return slot.starts_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
