"""What the house does whoever comes: opening and closing, rosters, staff, prices, taxes, deliveries. Pure."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from operational.simulation.diary import CLOSES, MEETING, OPENS, SHIFT_FROM, SHIFT_TO, Diary
from operational.simulation.events import (
    Arrive,
    Close,
    Delivery,
    Deposit,
    Event,
    Finish,
    Open,
    PayLater,
    PettyCash,
    Price,
    Refund,
    RefundPackage,
    Roster,
    Staff,
    TaxChange,
    VisitPlan,
    Waste,
)
from operational.simulation.later import Membership, Recover
from operational.simulation.menu import PRODUCTS
from operational.simulation.scale import BEYOND, PlacePlan, ProviderPlan, Scale

DAY = dt.timedelta(days=1)
WINDOW = dt.timedelta(days=91)
"""A delivery lasts this long."""
LIFE = dt.timedelta(days=300)
COMES = (Arrive, Finish, Deposit, PayLater, Refund, RefundPackage, Membership, Recover)
"""What is done at a desk whose drawer is open."""
ALWAYS = dt.timedelta(days=7)
"""Before the end every day is opened: the last of them is the one that is shown."""
OFF = (-500, -100, -25, -5, 5, 20, 100)
OFF_SHARE = 0.13
PRICES: tuple[tuple[float, str, str, int], ...] = (
    (0.45, "product", "Botox", 1_450), (0.5, "service", "HydraFacial", 19_900),
    (0.55, "product", "Sunscreen", 4_095), (0.7, "product", "Lip filler", 79_000),
)  # fmt: skip
"""(part of the time, kind, name, new price)."""
TAX_CHANGES = 0.6


def events(
    scale: Scale,
    diary: Diary,
    rng: random.Random,
    visits: Sequence[VisitPlan],
    ends: Mapping[int, dt.datetime],
    planned: Iterable[Event],
) -> Iterator[Event]:
    """`planned`: what clients do; where none of it needs a drawer, a day closes by itself with the next."""
    used = set(_used(diary, planned))
    yield from _staff(scale, diary)
    for place in scale.places:
        yield from _days(scale, diary, rng, place, used)
        yield from _stock(scale, diary, place, visits, ends)
        for name, rate, later in place.taxes:
            if later != rate:
                date = scale.day_at(TAX_CHANGES)
                yield TaxChange(diary.instant(place.code, date - DAY, 600), place.code, name, later, date)
    for part, kind, name, price in PRICES:
        at = diary.instant(scale.places[0].code, scale.day_at(part), 7 * 60)
        yield Price(at, "product" if kind == "product" else "service", name, price)


def _staff(scale: Scale, diary: Diary) -> Iterator[Event]:
    code = scale.places[0].code
    for provider in scale.providers:
        joined = diary.joined(provider)
        if provider.joins:
            yield Staff(diary.instant(code, joined, 6 * 60), provider.label, joins=True)
        left = diary.left(provider)
        if left is not None:
            yield Staff(diary.instant(code, left, 21 * 60), provider.label, joins=False)
        at = diary.instant(code, joined, 6 * 60 + 5)
        yield Roster(at, _shifts(scale, diary, provider))


def _shifts(
    scale: Scale, diary: Diary, provider: ProviderPlan
) -> tuple[tuple[str, str, dt.date, dt.datetime, dt.datetime], ...]:
    return tuple(
        (
            provider.label,
            code,
            date,
            # Mondays begin with a meeting, before anybody is seen.
            diary.instant(code, date, SHIFT_FROM - (MEETING if date.weekday() == 0 else 0)),
            diary.instant(code, date, SHIFT_TO),
        )
        for code, date in diary.working_days(provider, scale.last + BEYOND)
    )


def _used(diary: Diary, planned: Iterable[Event]) -> Iterator[tuple[str, dt.date]]:
    """The days of each place on which somebody comes, pays or gets money back."""
    for event in planned:
        if isinstance(event, COMES):
            code = event.place if isinstance(event, Deposit | PayLater) else event.visit.place
            yield code, event.at.astimezone(diary.zone(code)).date()


def _days(
    scale: Scale, diary: Diary, rng: random.Random, place: PlacePlan, used: Set[tuple[str, dt.date]]
) -> Iterator[Event]:
    """Each day with somebody in it, or that ends a week, from its float to its close; petty cash monthly."""
    date, month, code = scale.first, 0, place.code
    while date <= scale.last:
        ends_week = date.weekday() == place.weekdays[-1]
        needed = (code, date) in used or ends_week or scale.last - date < ALWAYS
        if diary.opens(code, date) and needed:
            yield Open(diary.instant(code, date, OPENS), code)
            if date.month != month:
                month = date.month
                reason = rng.choice(("supplies", "postage", "refreshments"))
                yield PettyCash(diary.instant(code, date, 12 * 60), code, rng.randint(8, 40) * 100, reason)
            off = rng.choice(OFF) if rng.random() < OFF_SHARE else 0
            yield Close(diary.instant(code, date, CLOSES), code, date, off, tips=ends_week)
        elif date == scale.last:
            yield Close(diary.instant(code, date, CLOSES), code, date)
        date += DAY


def _stock(
    scale: Scale,
    diary: Diary,
    place: PlacePlan,
    visits: Sequence[VisitPlan],
    ends: Mapping[int, dt.datetime],
) -> Iterator[Event]:
    """A lot of each product at the start of each window: what it will take and a margin, in whole packs."""
    used: dict[int, Counter[str]] = defaultdict(Counter)
    for visit in visits:
        end = ends.get(visit.number)
        if end is not None and visit.place == place.code:
            window = (end.date() - scale.first) // WINDOW
            for item in visit.items:
                if item.product is not None:
                    used[window][item.product] += item.quantity_milli
    for window, needed in sorted(used.items()):
        first = scale.first + window * WINDOW
        for product in PRODUCTS:
            if not needed[product.name]:
                continue
            packs = -(-needed[product.name] * 11 // 10 // product.pack_milli) + 1
            number = f"{place.code[0]}{product.name[:2].upper()}-{window + 1:03d}"
            at = diary.instant(place.code, first, OPENS - 40)
            quantity = packs * product.pack_milli
            yield Delivery(at, place.code, product.name, number, quantity, first + LIFE)
            spoiled = min(first + WINDOW - DAY, scale.last)
            wasted = min(quantity - needed[product.name], product.pack_milli // 20)
            if product.unit == "unit" and wasted:
                yield Waste(diary.instant(place.code, spoiled, CLOSES - 20), place.code, product.name, wasted)
