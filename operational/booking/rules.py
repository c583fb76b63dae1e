"""When the rules of a service let it start: asked by availability for spans, by booking for one instant.

Pure: no database. What takes time (shifts, claims, time off) is found in SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from medspa.kernel import clock
from medspa.kernel.vocabulary import SoftRule
from operational.booking.errors import AgeLimit
from operational.booking.facts import Facts, Place, ServiceFacts
from operational.booking.shape import Span

ALWAYS: Span = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def midnight(place: Place, day: date) -> datetime:
    """The instant at which a local day begins: the grid of its starts counts from there.

    Offsets are multiples of a quarter of an hour, so the grid stays on the wall clock all day long.
    """
    return datetime.combine(day, time(), ZoneInfo(place.timezone)).astimezone(UTC)


def spans(facts: Facts, service: ServiceFacts) -> Mapping[SoftRule, Sequence[Span]]:
    """By rule, the closed spans in which the service may start for this client. Without entry: met."""
    rule, now = service.rule, clock.now()
    found: dict[SoftRule, Sequence[Span]] = {}
    if rule.lead_minutes:
        found[SoftRule.LEAD_TIME] = [(now + timedelta(minutes=rule.lead_minutes), ALWAYS[1])]
    if rule.horizon_days is not None:
        found[SoftRule.HORIZON] = [(ALWAYS[0], now + timedelta(days=rule.horizon_days))]
    client = None if facts.client is None else facts.client.get(service.id)
    if client is not None and client.prerequisites:
        fresh = [ALWAYS]
        for one in client.prerequisites:
            fresh = common(fresh, one)
        found[SoftRule.PREREQUISITE] = fresh
    return found


def broken(facts: Facts, service: ServiceFacts, starts_at: datetime) -> set[SoftRule]:
    """The rules that a start breaks. Raises AgeLimit, which nobody overrides."""
    within = {
        rule
        for rule, allowed in spans(facts, service).items()
        if not any(low <= starts_at <= high for low, high in allowed)
    }
    step = service.rule.slot_minutes
    day = facts.place.local_date(starts_at)
    if step is not None and (starts_at - midnight(facts.place, day)) % timedelta(minutes=step):
        within.add(SoftRule.INTERVAL)
    if not of_age(facts, service, day):
        raise AgeLimit("Choose another service, or correct the birth date of the client.")
    return within


def of_age(facts: Facts, service: ServiceFacts, day: date) -> bool:
    """Whether the client's age fits on a local date. Of somebody without a birth date nothing is known."""
    client = None if facts.client is None else facts.client.get(service.id)
    if client is None or not service.rule.limits_age:
        return True
    young = client.old_enough_on is not None and day < client.old_enough_on
    return not young and (client.too_old_on is None or day < client.too_old_on)


def common(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Where spans of both overlap."""
    return [
        (max(low, start), min(high, end))
        for low, high in one
        for start, end in other
        if max(low, start) <= min(high, end)
    ]
