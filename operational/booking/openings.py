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
from medspa.kernel.vocabulary import SubjectKind
from operational.booking import grid, rules
from operational.booking.facts import Facts, ServiceFacts
from operational.booking.grid import Bits, Grid
from operational.booking.shape import Shape

_OPENINGS = text(
    "select asked, subject, shortest, lows, highs from booking_openings(:location, cast(:shape as jsonb),"
    " cast(:providers as uuid[]), cast(:resources as jsonb), cast(:client as uuid), :since, :until, :now,"
    " cast(:skip as uuid), :zero)"
)
Who = tuple[tuple[uuid.UUID, ...], bool]
"""Who can begin at a start, the best first, and whether that one leaves no unsellable gap."""


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
        return grid.union(self.free.values())

    def who(self, starts: Sequence[int]) -> list[Who]:
        """For each start, who can begin then."""
        good: list[list[uuid.UUID]] = [[] for _ in starts]
        rest: list[list[uuid.UUID]] = [[] for _ in starts]
        spots = grid.spots(starts)
        for provider, bits in self.free.items():
            neat = self.tidy[provider]
            for place in grid.places(neat, spots):
                good[place].append(provider)
            for place in grid.places(bits & ~neat, spots):
                rest[place].append(provider)
        return [((*tidy, *others), bool(tidy)) for tidy, others in zip(good, rest, strict=True)]

    def next_from(self, starts: Sequence[int]) -> list[int]:
        """For each start, the first one at or after it at which anybody can begin."""
        anybody = self.anybody
        return [next(grid.numbers(anybody >> number)) + number for number in starts]

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
    minutes: int | None = None,
) -> Part:
    """Who can begin with the service when, by shifts, claims, time off and the rules of the service.

    `minutes`: its hands-on time, where it is not the service's.
    """
    service = facts.service(service_id)
    may = facts.eligible_spans(service, first, last)
    if provider_id is not None:
        may = {one: spans for one, spans in may.items() if one == provider_id}
    pools = [facts.pool(kind, tag) for kind, tag in service.needs]
    shapes: dict[uuid.UUID, Shape] = {}
    free: dict[uuid.UUID, Bits] = {}
    tidy: dict[uuid.UUID, Bits] = {}
    allowed = _allowed(facts, service, field, first, last)
    allowed_by = {one: allowed & _of_days(facts, field, spans) for one, spans in may.items()}
    if not any(allowed_by.values()) or not all(pools):
        return Part(service_id, shapes, free, tidy)
    resources: dict[SubjectKind, set[str]] = {}
    for (kind, _), pool in zip(service.needs, pools, strict=True):
        resources.setdefault(kind, set()).update(map(str, pool))
    for usual, providers in facts.by_shape(service, may):
        shape = usual if minutes is None else usual.lasting(minutes)
        values = {
            "location": facts.place.id,
            "shape": json.dumps(shape.as_json()),
            "providers": list(providers),
            "resources": json.dumps([{"kind": kind, "ids": sorted(ids)} for kind, ids in resources.items()]),
            "client": client_id,
            "since": since,
            "until": field.at(field.size),
            "now": clock.now(),
            "skip": skip,
            "zero": field.zero,
        }
        rows = session.execute(_OPENINGS, values).all()
        starts = {(asked, subject): field.inside(lows, highs) for asked, subject, _, lows, highs in rows}
        shortest = {subject: minutes for asked, subject, minutes, _, _ in rows if asked == "shift"}
        possible = starts["open", None] & starts.get(("client", None), field.all) & field.since(since)
        for (kind, _), pool in zip(service.needs, pools, strict=True):
            # Any one of a pool will do.
            possible &= grid.union(starts[kind, one] for one in pool)
        for provider in (one for one in providers if one in shortest):
            bits = possible & starts["shift", provider] & starts["provider", provider]
            neat = grid.tidy(bits, grid.units(timedelta(minutes=shortest[provider])))
            shapes[provider] = shape
            free[provider] = bits & allowed_by[provider]
            tidy[provider] = neat & allowed_by[provider]
    return Part(service_id, shapes, free, tidy)


def _allowed(facts: Facts, service: ServiceFacts, field: Grid, first: date, last: date) -> Bits:
    """The starts that the rules of the service leave."""
    bits = field.all
    for spans in rules.spans(facts, service).values():
        bits &= grid.union(field.within(span) for span in spans)
    if service.rule.limits_age:
        fits = [day for day in _days(first, last) if rules.of_age(facts, service, day)]
        bits &= _of_days(facts, field, [(day, day + timedelta(days=1)) for day in fits])
    return bits


def _of_days(facts: Facts, field: Grid, spans: Sequence[tuple[date, date]]) -> Bits:
    """The starts on the local days of [first, end)."""
    bits = 0
    for first, end in spans:
        low, high = (field.first(rules.midnight(facts.place, day)) for day in (first, end))
        bits |= grid.run(low, min(high, field.size) - 1)
    return bits


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
