"""Free times for a service: shifts and opening hours minus claims, by the same functions that book.

Local days, slots on the location's wall clock. Nothing is held by asking.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Permission
from operational.booking.errors import NotBookable
from operational.booking.facts import Facts, ServiceFacts, load_facts
from operational.booking.shape import Span
from operational.identity.access import Actor

MAX_DAYS = 31
STEP_MINUTES: Final = 15
_OPENINGS = text(
    "select booking_openings(:location, cast(:shape as jsonb), cast(:providers as uuid[]),"
    " cast(:pools as jsonb), cast(:client as uuid), :since, :until)"
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
    openings = _openings(session, facts, service, question)
    return _slots(facts, service, question, openings)


def _openings(
    session: Session, facts: Facts, service: ServiceFacts, question: Question
) -> dict[uuid.UUID, list[Span]]:
    """Provider → closed spans of possible starts."""
    zone = ZoneInfo(facts.place.timezone)
    since = datetime.combine(question.first, time(), zone).astimezone(UTC)
    until = datetime.combine(question.last + timedelta(days=1), time(), zone).astimezone(UTC)
    since = max(since, clock.now(), question.after or since)
    providers = _eligible_days(facts, service, question)
    pools = [
        {"kind": kind.value, "ids": [str(one) for one in facts.pool(kind, tag)]}
        for kind, tag in service.needs
    ]
    if not providers or since >= until or not all(pool["ids"] for pool in pools):
        return {}
    values = {
        "location": question.location_id,
        "shape": json.dumps(service.shape.as_json()),
        "providers": sorted(providers),
        "pools": json.dumps(pools),
        "client": question.client_id,
        "since": since,
        "until": until,
    }
    found: list[dict[str, Any]] = session.execute(_OPENINGS, values).scalar_one()
    return {
        uuid.UUID(one["provider"]): [
            (datetime.fromisoformat(low), datetime.fromisoformat(high)) for low, high in one["starts"]
        ]
        for one in found
    }


def _slots(
    facts: Facts, service: ServiceFacts, question: Question, openings: dict[uuid.UUID, list[Span]]
) -> tuple[list[Slot], bool]:
    """Starts on the wall-clock grid. Kept small: each provider gives its first `limit` + 1 at most."""
    zone = ZoneInfo(facts.place.timezone)
    days = _eligible_days(facts, service, question)
    found: dict[datetime, list[uuid.UUID]] = {}
    for provider, spans in openings.items():
        for start in _grid(spans, zone, question, days[provider]):
            found.setdefault(start, []).append(provider)
    starts = sorted(found)
    slots = [
        Slot(start.astimezone(zone), (start + service.shape.total).astimezone(zone), tuple(found[start]))
        for start in starts[: question.limit]
    ]
    return slots, len(starts) > question.limit


def _eligible_days(facts: Facts, service: ServiceFacts, question: Question) -> dict[uuid.UUID, set[date]]:
    """Provider → the local days on which they have a valid credential."""
    found: dict[uuid.UUID, set[date]] = {}
    for number in range((question.last - question.first).days + 1):
        day = question.first + timedelta(days=number)
        for provider in facts.eligible(service.category_id, day):
            if question.provider_id in (None, provider):
                found.setdefault(provider, set()).add(day)
    return found


def _grid(spans: list[Span], zone: ZoneInfo, question: Question, days: set[date]) -> list[datetime]:
    step = timedelta(minutes=question.step_minutes)
    midnight = datetime.combine(question.first, time(), zone).astimezone(UTC)
    starts: list[datetime] = []
    for low, high in spans:
        # Offsets are multiples of a quarter of an hour, so a grid from local midnight stays one all day long.
        start = midnight + -(-(low - midnight) // step) * step
        while start <= high and len(starts) <= question.limit:
            seen = question.after is not None and start <= question.after
            if not seen and start.astimezone(zone).date() in days:
                starts.append(start)
            start += step
    return starts
