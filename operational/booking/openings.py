"""Possible starts of one service of a visit, per provider, as the database finds them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from operational.booking import grid, rules
from operational.booking.facts import Facts, ServiceFacts
from operational.booking.grid import Bits, Grid
from operational.booking.shape import Shape

_OPENINGS = text(
    "select provider, shortest, lows, highs from booking_openings(:location, cast(:shape as jsonb),"
    " cast(:providers as uuid[]), cast(:pools as jsonb), cast(:client as uuid), :since, :until, :now,"
    " cast(:skip as uuid), :zero)"
)


@dataclass(frozen=True, slots=True)
class Part:
    """The starts of one service by provider, those first who come first."""

    service_id: uuid.UUID
    shapes: Mapping[uuid.UUID, Shape]
    free: Mapping[uuid.UUID, Bits]
    tidy: Mapping[uuid.UUID, Bits]
    """Of the free ones, those that leave no gap that nothing can be booked in."""

    @property
    def anybody(self) -> Bits:
        found = 0
        for bits in self.free.values():
            found |= bits
        return found

    def at(self, number: int) -> tuple[tuple[uuid.UUID, ...], bool]:
        """(who can begin then, whether the first of them leaves no unsellable gap)."""
        good: list[uuid.UUID] = []
        rest: list[uuid.UUID] = []
        for provider, bits in self.free.items():
            if bits >> number & 1:
                (good if self.tidy[provider] >> number & 1 else rest).append(provider)
        return (*good, *rest), bool(good)

    def next_from(self, number: int) -> int:
        """The first start at or after a number at which anybody can begin."""
        return next(grid.numbers(self.anybody >> number)) + number

    def before(self, following: Part, wait: timedelta) -> Part:
        """Only the starts after whose end the following service can begin within the wait."""
        then = following.anybody
        free = {}
        for provider, bits in self.free.items():
            total = self.shapes[provider].total
            ahead = grid.units(total)
            # What rounding up to the grid already makes the client wait counts.
            slack = (total + wait - ahead * grid.UNIT) // grid.UNIT
            reach = 0
            for more in range(slack + 1):
                reach |= then >> (ahead + more)
            free[provider] = bits & reach
        return replace(self, free={one: bits for one, bits in free.items() if bits})


def part(
    session: Session,
    facts: Facts,
    field: Grid,
    service_id: uuid.UUID,
    provider_id: uuid.UUID | None,
    since: datetime,
    *,
    client_id: uuid.UUID | None,
    skip: uuid.UUID | None,
    first: date,
    last: date,
) -> Part:
    """Who can begin with the service when, by shifts, claims, time off and the rules of the service."""
    service = facts.service(service_id)
    days = facts.eligible_days(service, first, last)
    if provider_id is not None:
        days = {one: on for one, on in days.items() if one == provider_id}
    pools = [(kind, facts.pool(kind, tag)) for kind, tag in service.needs]
    allowed = _allowed(facts, service, field, first, last)
    free: dict[uuid.UUID, Bits] = {}
    tidy: dict[uuid.UUID, Bits] = {}
    shapes: dict[uuid.UUID, Shape] = {}
    if not allowed or not all(ids for _, ids in pools):
        return Part(service_id, shapes, free, tidy)
    for shape, providers in facts.by_shape(service, days):
        values = {
            "location": facts.place.id,
            "shape": json.dumps(shape.as_json()),
            "providers": list(providers),
            "pools": json.dumps([{"kind": kind, "ids": [str(one) for one in ids]} for kind, ids in pools]),
            "client": client_id,
            "since": since,
            "until": field.at(field.size),
            "now": clock.now(),
            "skip": skip,
            "zero": field.zero,
        }
        rows = {row.provider: row for row in session.execute(_OPENINGS, values)}
        for provider in providers:
            if provider not in rows:
                continue
            row = rows[provider]
            bits, good = _of_spans(field, row.lows, row.highs, row.shortest)
            mine = allowed & _of_days(facts, field, days[provider], first, last)
            shapes[provider], free[provider], tidy[provider] = shape, bits & mine, good & mine
    return Part(service_id, shapes, free, tidy)


def _of_spans(field: Grid, lows: Sequence[int], highs: Sequence[int], shortest: int) -> tuple[Bits, Bits]:
    """(starts inside the spans, those of them that leave no unsellable gap)."""
    least = grid.units(timedelta(minutes=shortest))
    bits = good = 0
    last = field.size - 1
    for low, high in zip(lows, highs, strict=True):
        until = min(high, last)
        bits |= grid.run(low, until)
        good |= grid.tidy(low, until, least)
    return bits, good


def _allowed(facts: Facts, service: ServiceFacts, field: Grid, first: date, last: date) -> Bits:
    """The starts that the rules of the service leave."""
    bits = grid.run(0, field.size - 1)
    for spans in rules.spans(facts, service).values():
        within = 0
        for span in spans:
            within |= field.within(span)
        bits &= within
    if service.rule.limits_age:
        fits = {day for day in _days(first, last) if rules.of_age(facts, service, day)}
        bits &= _of_days(facts, field, fits, first, last)
    return bits


def _of_days(facts: Facts, field: Grid, days: set[date], first: date, last: date) -> Bits:
    """The starts on these local days."""
    if len(days) == (last - first).days + 1:
        return grid.run(0, field.size - 1)
    bits = 0
    for day in days:
        start = field.first(rules.midnight(facts.place, day))
        end = field.first(rules.midnight(facts.place, day + timedelta(days=1)))
        bits |= grid.run(start, min(end, field.size) - 1)
    return bits


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
