"""The shape of an item in time and the claims that follow from it. Pure: no database, no clock."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from medspa.kernel.vocabulary import SubjectKind

Span = tuple[datetime, datetime]
LONGEST = timedelta(hours=24)
"""Of a visit with its buffers; searches look back this far (checked by the database)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Minutes: hands-on, processing (provider free), finishing, buffers around the whole."""

    hands: int
    processing: int
    finishing: int
    before: int
    after: int

    @property
    def total(self) -> timedelta:
        """The client's time."""
        return timedelta(minutes=self.hands + self.processing + self.finishing)

    def engaged(self) -> Shape:
        """The same with the provider busy all of the client's time."""
        return Shape(self.hands + self.processing + self.finishing, 0, 0, self.before, self.after)

    def lasting(self, minutes: int) -> Shape:
        """The same with another hands-on time."""
        return replace(self, hands=minutes)

    def as_json(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Need:
    """A kind of room or device. `row_id` is the stored row when the item exists already."""

    kind: SubjectKind
    tag: str
    row_id: uuid.UUID
    current: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """An item as asked for: who and what may serve it."""

    id: uuid.UUID
    position: int
    service_id: uuid.UUID
    shape: Shape
    starts_at: datetime
    providers: tuple[uuid.UUID, ...]
    provider_named: bool
    needs: tuple[Need, ...]
    pools: tuple[tuple[uuid.UUID, ...], ...]
    """Per need, the resources that may serve it, the best first."""
    ranks: tuple[int, ...]
    """Per provider: of those who are free the lowest comes first, then who is booked least that day."""

    @property
    def hands_on(self) -> Span:
        return self.starts_at, self.starts_at + timedelta(minutes=self.shape.hands)

    @property
    def client_time(self) -> Span:
        return self.starts_at, self.starts_at + self.shape.total


@dataclass(frozen=True, slots=True)
class Placed:
    """An item with its provider and, per need, its resource."""

    asked: Asked
    provider_id: uuid.UUID
    resources: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim on a subject's time. Soft: buffers and finishing."""

    kind: SubjectKind
    subject_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    hard: bool


def minutes_between(start: datetime, end: datetime) -> int:
    return int((end - start) / timedelta(minutes=1))


def overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def union(spans: Iterable[Span]) -> list[Span]:
    """Spans joined where they overlap or touch: two items in one room must not exclude each other."""
    joined: list[Span] = []
    for span in sorted(s for s in spans if s[0] < s[1]):
        if joined and span[0] <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], span[1]))
        else:
            joined.append(span)
    return joined


def minus(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """What is left of `spans` (joined, sorted) outside `taken` (joined, sorted)."""
    left: list[Span] = []
    for start, end in spans:
        for low, high in taken:
            if high <= start or low >= end:
                continue
            if start < low:
                left.append((start, low))
            start = high
        if start < end:
            left.append((start, end))
    return left


def claims_of(items: Iterable[Placed]) -> list[Claim]:
    """The claims of one visit, joined per subject; soft claims only where no hard claim of it stands."""
    hard: dict[tuple[SubjectKind, uuid.UUID], list[Span]] = {}
    engaged: dict[tuple[SubjectKind, uuid.UUID], list[Span]] = {}
    for item in items:
        provider = (SubjectKind.PROVIDER, item.provider_id)
        hard.setdefault(provider, []).append(item.asked.hands_on)
        engaged.setdefault(provider, []).extend(_provider_time(item.asked))
        start, end = item.asked.client_time
        shape = item.asked.shape
        around = (start - timedelta(minutes=shape.before), end + timedelta(minutes=shape.after))
        for need, resource in zip(item.asked.needs, item.resources, strict=True):
            hard.setdefault((need.kind, resource), []).append((start, end))
            engaged.setdefault((need.kind, resource), []).append(around)
    claims = []
    for (kind, subject), spans in hard.items():
        firm = union(spans)
        soft = minus(union(engaged[kind, subject]), firm)
        claims += [Claim(kind, subject, *span, hard=True) for span in firm]
        claims += [Claim(kind, subject, *span, hard=False) for span in soft]
    return claims


def moved(item: Asked, by: timedelta) -> Asked:
    return replace(item, starts_at=item.starts_at + by)


def _provider_time(item: Asked) -> list[Span]:
    """Hands-on time, finishing and the buffers around them. Processing leaves the provider free."""
    shape, (start, hands_off) = item.shape, item.hands_on
    end = item.client_time[1]
    before, after = timedelta(minutes=shape.before), timedelta(minutes=shape.after)
    if shape.finishing == 0:
        return [(start - before, hands_off + after)]
    return [(start - before, hands_off), (end - timedelta(minutes=shape.finishing), end + after)]
