"""Free times for a service: shifts and opening hours minus claims, by the same functions that book.

Local days, slots on the location's wall clock. Nothing is held by asking.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Permission, SubjectKind
from operational.booking.errors import NotBookable
from operational.booking.facts import Facts, Place, ServiceFacts, load_facts
from operational.booking.shape import Span
from operational.identity.access import Actor

MAX_DAYS = 31
FIRST_DAYS = 7
"""Looked at together; then as many more as the days before let expect the answer to need."""
STEP_MINUTES: Final = 15
_OPENINGS = text(
    "select provider, lows, highs from booking_openings(:location, cast(:shape as jsonb),"
    " cast(:providers as uuid[]), cast(:pools as jsonb), cast(:client as uuid), :since, :until, :now)"
)


@dataclass(frozen=True, slots=True)
class Slot:
    """A start that can be booked with any of these providers."""

    starts_at: datetime
    ends_at: datetime
    provider_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Free times of one service at one location on local days [first, last]."""

    location_id: uuid.UUID
    service_id: uuid.UUID
    first: date
    last: date
    provider_id: uuid.UUID | None = None
    client_id: uuid.UUID | None = None
    """Leaves out times at which this client is in another visit."""
    step_minutes: int = STEP_MINUTES
    limit: int = 200
    after: datetime | None = None
    """Slots after this start only (the next page)."""


def availability(session: Session, actor: Actor, question: Question) -> tuple[list[Slot], bool]:
    """(slots by start, whether there are more). Raises Invalid for a range over 31 days."""
    actor.require(Permission.BOOKING_READ, question.location_id)
    if not timedelta() <= question.last - question.first < timedelta(days=MAX_DAYS):
        raise Invalid(f"from, to: ask for at most {MAX_DAYS} days, the first one first.")
    facts = load_facts(session, question.location_id, [question.service_id])
    service = facts.service(question.service_id)
    if not service.active:
        raise NotBookable("The service is retired.")
    pools = [(kind, facts.pool(kind, tag)) for kind, tag in service.needs]
    days = _eligible_days(facts, service, question)
    if not days or not all(ids for _, ids in pools):
        return [], False
    found: list[Slot] = []
    first, length = question.first, FIRST_DAYS
    while first <= question.last and len(found) <= question.limit:
        last = min(first + timedelta(days=length - 1), question.last)
        part = replace(question, first=first, last=last, limit=question.limit - len(found))
        openings = _openings(session, facts.place, service, part, list(days), pools)
        found += _slots(facts.place, service, part, openings, days)
        first = last + timedelta(days=1)
        length = _more_days(question, first, len(found))
    return found[: question.limit], len(found) > question.limit


def _more_days(question: Question, upto: date, found: int) -> int:
    """Days to look at next, by what the days before `upto` held; a tenth more, for days differ."""
    looked_at = (upto - question.first).days
    if not found:
        return 2 * looked_at
    return max(1, -(-(question.limit + 1 - found) * looked_at * 11 // (found * 10)))


def _openings(
    session: Session,
    place: Place,
    service: ServiceFacts,
    question: Question,
    providers: list[uuid.UUID],
    pools: list[tuple[SubjectKind, tuple[uuid.UUID, ...]]],
) -> dict[uuid.UUID, list[Span]]:
    """Provider → closed spans of possible starts."""
    zone = ZoneInfo(place.timezone)
    since = datetime.combine(question.first, time(), zone).astimezone(UTC)
    until = datetime.combine(question.last + timedelta(days=1), time(), zone).astimezone(UTC)
    since = max(since, clock.now(), question.after or since)
    if since >= until:
        return {}
    values = {
        "location": question.location_id,
        "shape": json.dumps(service.shape.as_json()),
        "providers": providers,
        "pools": json.dumps([{"kind": kind, "ids": [str(one) for one in ids]} for kind, ids in pools]),
        "client": question.client_id,
        "since": since,
        "until": until,
        "now": clock.now(),
    }
    return {
        provider: list(zip(lows, highs, strict=True))
        for provider, lows, highs in session.execute(_OPENINGS, values)
    }


def _slots(
    place: Place,
    service: ServiceFacts,
    question: Question,
    openings: dict[uuid.UUID, list[Span]],
    days: dict[uuid.UUID, set[date]],
) -> Iterator[Slot]:
    """The first `limit` + 1 starts on the wall-clock grid, each with everybody who is free then."""
    zone = ZoneInfo(place.timezone)
    step = timedelta(minutes=question.step_minutes)
    # Offsets are multiples of a quarter of an hour, so a grid from local midnight stays one all day long.
    midnight = datetime.combine(question.first, time(), zone).astimezone(UTC)
    end = datetime.combine(question.last + timedelta(days=1), time(), zone).astimezone(UTC)
    number_of_days = (question.last - question.first).days + 1
    earliest = 0 if question.after is None else (question.after - midnight) // step + 1
    latest = -(-(end - midnight) // step) - 1
    offered: defaultdict[int, list[uuid.UUID]] = defaultdict(list)
    for provider in sorted(openings):
        allowed = _within(question, days[provider])
        whole = len(allowed) == number_of_days
        for low, high in openings[provider]:
            first, last = -(-(low - midnight) // step), (high - midnight) // step
            for number in range(max(first, earliest), min(last, latest) + 1):
                if whole or (midnight + number * step).astimezone(zone).date() in allowed:
                    offered[number].append(provider)
    for number in sorted(offered)[: question.limit + 1]:
        start = midnight + number * step
        yield Slot(
            start.astimezone(zone),
            (start + service.shape.total).astimezone(zone),
            tuple(offered[number]),
        )


def _within(question: Question, days: set[date]) -> set[date]:
    return {day for day in days if question.first <= day <= question.last}


def _eligible_days(facts: Facts, service: ServiceFacts, question: Question) -> dict[uuid.UUID, set[date]]:
    """Provider → the local days on which they have a valid credential."""
    found = facts.eligible_days(service.category_id, question.first, question.last)
    if question.provider_id is None:
        return found
    return {provider: days for provider, days in found.items() if provider == question.provider_id}
