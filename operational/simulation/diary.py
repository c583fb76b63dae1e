"""The planner's own calendar: who works where when, and what is taken. Minutes of the local day; pure."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from medspa.kernel import clock
from operational.simulation.menu import Offer
from operational.simulation.scale import BEYOND, PlacePlan, ProviderPlan, Scale

OPENS, SHIFT_FROM, SHIFT_TO, CLOSES = 8 * 60 + 30, 9 * 60, 17 * 60 + 30, 19 * 60 + 30
MEETING = 30
"""Minutes of paid time off before the first visit of a Monday."""
STEP = 15
LASER = "laser"
SEARCH = 14
"""Days from the wished one on which a time is looked for."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A free time: date, provider and start in minutes of the day."""

    date: dt.date
    provider: str
    minute: int


@dataclass
class Diary:
    """Shifts follow from the scale; what is taken is noted here and never given back."""

    scale: Scale
    rng: random.Random
    away: set[tuple[str, dt.date]] = field(default_factory=set)
    """(provider, day) of time off that was asked for in time: nothing is booked on it."""
    sick: set[tuple[str, dt.date]] = field(default_factory=set)
    """Known on the morning of the day: what was booked on it until then must move."""
    _taken: dict[tuple[dt.date, str, str], list[tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def place(self, code: str) -> PlacePlan:
        return next(one for one in self.scale.places if one.code == code)

    def instant(self, code: str, date: dt.date, minute: int) -> dt.datetime:
        wall = dt.datetime.combine(date, dt.time(minute // 60, minute % 60))
        return clock.from_local(wall, self.place(code).timezone, fold=0)

    def zone(self, code: str) -> ZoneInfo:
        return ZoneInfo(self.place(code).timezone)

    def opens(self, code: str, date: dt.date) -> bool:
        return date.weekday() in self.place(code).weekdays and self.scale.first <= date <= self.scale.last

    def open_time(
        self, code: str, after: dt.datetime, days: int, rng: random.Random | None = None
    ) -> dt.datetime | None:
        """A time at which the place is open, that many days later or on the next open day."""
        date = after.date() + dt.timedelta(days=days)
        while date <= self.scale.last:
            if self.opens(code, date):
                return self.instant(code, date, (rng or self.rng).randint(OPENS + 30, CLOSES - 60))
            date += dt.timedelta(days=1)
        return None

    def joined(self, provider: ProviderPlan) -> dt.date:
        return self.scale.day_at(provider.joins) if provider.joins else self.scale.first

    def left(self, provider: ProviderPlan) -> dt.date | None:
        return self.scale.day_at(provider.leaves) if provider.leaves <= 1 else None

    def works(self, provider: ProviderPlan, code: str, date: dt.date) -> bool:
        """From the day after joining; the last day is a working day."""
        left = self.left(provider)
        begins = self.joined(provider) + dt.timedelta(days=1 if provider.joins else 0)
        return (
            (code, date.weekday()) in provider.days
            and begins <= date <= (left or self.scale.last + BEYOND)
            and date <= self.scale.last + BEYOND
        )

    def working_days(self, provider: ProviderPlan, until: dt.date) -> Iterator[tuple[str, dt.date]]:
        date = self.scale.first
        while date <= until:
            for code, weekday in provider.days:
                if weekday == date.weekday() and self.works(provider, code, date):
                    yield code, date
            date += dt.timedelta(days=1)

    def find(
        self,
        code: str,
        offers: Sequence[Offer],
        wanted: dt.date,
        booked_on: dt.date,
        busy: set[dt.date],
        *,
        steady: bool = False,
        provider: str | None = None,
    ) -> Slot | None:
        """A free time on the first day with one, from `wanted` on, of somebody known by then.

        `steady`: on no day on which its provider will be sick. `provider`: of this one alone.
        """
        for ahead in range(SEARCH):
            date = wanted + dt.timedelta(days=ahead)
            if date in busy:
                continue
            free = [
                Slot(date, one.label, minute)
                for one in self.scale.providers
                if provider in (None, one.label)
                and self._may(one, offers, booked_on)
                and self._there(one, code, date, booked_on, steady=steady)
                for minute in self._free(code, date, one.label, offers)
            ]
            if free:
                return self.rng.choice(free)
        return None

    def beside(self, code: str, slot: Slot, offers: Sequence[Offer], booked_on: dt.date) -> Slot | None:
        """The same time with somebody else."""
        for one in self.scale.providers:
            able = one.label != slot.provider and self._may(one, offers, booked_on)
            there = able and self._there(one, code, slot.date, booked_on, steady=True)
            if there and slot.minute in self._free(code, slot.date, one.label, offers):
                return Slot(slot.date, one.label, slot.minute)
        return None

    def take(self, code: str, slot: Slot, offers: Sequence[Offer]) -> None:
        span = (slot.minute, slot.minute + sum(offer.minutes for offer in offers))
        self._taken[slot.date, code, slot.provider].append(span)
        if any(offer.laser for offer in offers):
            self._taken[slot.date, code, LASER].append(span)

    def _there(
        self, provider: ProviderPlan, code: str, date: dt.date, booked_on: dt.date, *, steady: bool
    ) -> bool:
        day = (provider.label, date)
        if day in self.away or (day in self.sick and (steady or booked_on >= date)):
            return False
        return self.works(provider, code, date)

    def _may(self, provider: ProviderPlan, offers: Sequence[Offer], booked_on: dt.date) -> bool:
        return self.joined(provider) <= booked_on and all(
            offer.category in provider.categories for offer in offers
        )

    def _free(self, code: str, date: dt.date, provider: str, offers: Sequence[Offer]) -> Iterator[int]:
        minutes = sum(offer.minutes for offer in offers)
        taken = list(self._taken[date, code, provider])
        if any(offer.laser for offer in offers):
            taken += self._taken[date, code, LASER]
        for minute in range(SHIFT_FROM, SHIFT_TO - minutes + 1, STEP):
            if all(minute + minutes <= start or minute >= end for start, end in taken):
                yield minute
