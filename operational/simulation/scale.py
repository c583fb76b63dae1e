"""How long, how many and from which seed: everything a simulated organization is determined by."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from operational.simulation.menu import ALL_CATEGORIES, INJECTIONS, SKIN

TUESDAY_TO_SATURDAY, MONDAY_TO_FRIDAY = (1, 2, 3, 4, 5), (0, 1, 2, 3, 4)
VISITS_PER_CLIENT = 5.9
BEYOND = dt.timedelta(days=75)
"""How far ahead of the last day visits are booked already."""


@dataclass(frozen=True, slots=True)
class PlacePlan:
    """A location: where it is, when it opens, what it taxes."""

    code: str
    name: str
    state: str
    timezone: str
    weekdays: tuple[int, ...]
    float_minor: int
    taxes: tuple[tuple[str, int, int], ...]
    """(jurisdiction, rate on goods in ppm, rate from the second calendar year on)."""
    zip_codes: tuple[str, ...] = ("10001",)


@dataclass(frozen=True, slots=True)
class ProviderPlan:
    """Somebody who treats: what, on which weekdays where, and from which to which part of the time."""

    label: str
    categories: tuple[str, ...]
    days: tuple[tuple[str, int], ...]
    joins: float = 0.0
    leaves: float = 1.5
    """Parts of the simulated time; above 1: stays."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One organization."""

    slug: str
    name: str
    first: dt.date
    last: dt.date
    clients: int
    seed: int
    places: tuple[PlacePlan, ...]
    providers: tuple[ProviderPlan, ...] = field(default=())

    def day_at(self, part: float) -> dt.date:
        """The date after this part of the simulated time."""
        return self.first + dt.timedelta(days=round((self.last - self.first).days * part))


NORTH = PlacePlan(
    "NORTH", "North Studio", "NY", "America/New_York", TUESDAY_TO_SATURDAY, 25_000,
    (("State", 40_000, 40_000), ("City", 48_750, 50_000)), ("10001", "10002", "10003", "10025"),
)  # fmt: skip
SOUTH = PlacePlan(
    "SOUTH", "South Studio", "NJ", "America/New_York", MONDAY_TO_FRIDAY, 15_000,
    (("State", 66_250, 66_250),), ("07030", "07302", "07087"),
)  # fmt: skip
VALLEY = PlacePlan(
    "VALLEY", "Valley Clinic", "IL", "America/Chicago", TUESDAY_TO_SATURDAY, 10_000,
    (("State", 62_500, 62_500), ("County", 17_500, 17_500)), ("60614", "60657"),
)  # fmt: skip

STAFF = (
    ProviderPlan("Injector A", INJECTIONS, (("NORTH", 1), ("NORTH", 3), ("NORTH", 5), ("SOUTH", 0))),
    ProviderPlan("Injector B", ALL_CATEGORIES, (("SOUTH", 2), ("SOUTH", 4), ("NORTH", 1))),
    ProviderPlan("Aesthetician C", SKIN, (("NORTH", 2), ("NORTH", 4), ("SOUTH", 1)), leaves=0.62),
    ProviderPlan("Injector D", ALL_CATEGORIES, (("SOUTH", 1), ("SOUTH", 3), ("NORTH", 4), ("NORTH", 5))),
    ProviderPlan("Aesthetician E", SKIN, (("SOUTH", 0), ("SOUTH", 4), ("NORTH", 5)), joins=0.3),
    ProviderPlan("Injector F", ALL_CATEGORIES, (("NORTH", 2), ("SOUTH", 0), ("NORTH", 3)), joins=0.55),
)
SMALL_STAFF = (
    ProviderPlan("Nurse G", ALL_CATEGORIES, (("VALLEY", 1), ("VALLEY", 3), ("VALLEY", 4), ("VALLEY", 5))),
    ProviderPlan("Nurse H", SKIN, (("VALLEY", 2), ("VALLEY", 5)), joins=0.4),
)


def months_before(last: dt.date, months: int) -> dt.date:
    """The first of the month that many months before the month after `last`."""
    index = last.year * 12 + last.month - months
    return dt.date(index // 12, index % 12 + 1, 1)


def practice(last: dt.date, *, months: int, visits: int, seed: int, slug: str, name: str) -> Scale:
    """The large organization: two locations, six providers."""
    return Scale(
        slug, name, months_before(last, months), last, max(round(visits / VISITS_PER_CLIENT), 4), seed,
        (NORTH, SOUTH), STAFF,
    )  # fmt: skip


def neighbour(last: dt.date, *, months: int, visits: int, seed: int, slug: str, name: str) -> Scale:
    """The small organization: one location, two providers, books of its own."""
    return Scale(
        slug, name, months_before(last, months), last, max(round(visits / VISITS_PER_CLIENT), 4), seed,
        (VALLEY,), SMALL_STAFF,
    )  # fmt: skip
