"""What clients want next, and when: cycles, touch-ups, series, second thoughts. Pure."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from operational.simulation.events import ItemPlan
from operational.simulation.menu import (
    BY_NAME,
    CONSULTATION,
    DOSES,
    FIRST_WISHES,
    NEUROTOXIN,
    SEASON,
    SUMMER,
    SUNNY,
    Dose,
)

Choice = TypeVar("Choice")
TOUCH_UP, STAYS, SERIES_GOES_ON, COMES_BACK, CONVERTS, CROSS = 0.12, 0.93, 0.92, 0.72, 0.7, 0.16


@dataclass(frozen=True, slots=True)
class Wish:
    """One client's next visit: for what, from which day on, which session of a series."""

    client: int
    offer: str
    date: dt.date
    intent: str = "full"
    session: int = 1
    dose: Dose | None = None
    after: int | None = None
    """The visit it follows."""
    thought_of: dt.date | None = None
    """Nobody calls for it before the day after."""


def weighted(rng: random.Random, table: Sequence[tuple[int, Choice]]) -> Choice:
    return rng.choices([one for _, one in table], [weight for weight, _ in table])[0]


def first_wish(rng: random.Random, client: int, date: dt.date) -> Wish:
    return Wish(client, weighted(rng, FIRST_WISHES), date)


def joining_date(rng: random.Random, first: dt.date, last: dt.date) -> dt.date:
    """Four in ten come in the first eighth of the time; later ones with the seasons."""
    days = max((last - first).days, 1)
    if rng.random() < 0.4:
        return first + dt.timedelta(days=rng.randint(0, max(days // 8, 1)))
    while True:
        date = first + dt.timedelta(days=rng.randint(0, days))
        if rng.random() < SEASON[date.month - 1] / max(SEASON):
            return date


def items_of(rng: random.Random, wish: Wish) -> tuple[ItemPlan, ...]:
    """What is done: the wished service with its dose, sometimes a filler beside a neurotoxin."""
    items = [_item(rng, wish)]
    if wish.offer == NEUROTOXIN and wish.intent == "full" and rng.random() < 0.05:
        items.append(_item(rng, Wish(wish.client, "Lip filler", wish.date)))
    elif wish.offer == "HydraFacial" and rng.random() < 0.06:
        items.append(_item(rng, Wish(wish.client, "Light peel", wish.date)))
    return tuple(items)


def with_dose(rng: random.Random, wish: Wish) -> Wish:
    """The wish with its product and area; kept from visit to visit, now and then another product."""
    doses = DOSES.get(wish.offer)
    if doses is None or (wish.dose is not None and rng.random() > 0.05):
        return wish
    return replace(wish, dose=weighted(rng, doses))


def _item(rng: random.Random, wish: Wish) -> ItemPlan:
    dose = wish.dose or (weighted(rng, DOSES[wish.offer]) if wish.offer in DOSES else None)
    if dose is None:
        return ItemPlan(wish.offer, wish.intent)
    units = rng.randint(dose.least, dose.most)
    if wish.intent == "touch_up":
        units = max(units // 6, 2)
    return ItemPlan(wish.offer, wish.intent, dose.product, dose.area, units * 1_000)


def after_treatment(rng: random.Random, wish: Wish, done: dt.date, visit: int) -> Iterator[Wish]:
    """The visits that a completed one leads to."""
    offer = BY_NAME[wish.offer]
    if wish.intent == "full":
        if wish.offer == CONSULTATION:
            if rng.random() < CONVERTS:
                wanted = rng.choice((NEUROTOXIN, NEUROTOXIN, "Lip filler", "Microneedling"))
                yield Wish(wish.client, wanted, _in(rng, done, 3, 25), after=visit)
        elif offer.series:
            yield from _series(rng, wish, done, visit)
        elif rng.random() < STAYS:
            days = wish.dose.due_days if wish.dose else offer.every_days
            yield replace(
                wish, date=_season(wish.offer, done + dt.timedelta(days=_spread(rng, days))), after=visit
            )
        if wish.offer == NEUROTOXIN and rng.random() < TOUCH_UP:
            yield replace(wish, intent="touch_up", date=_in(rng, done, 13, 18), after=visit)
    if rng.random() < CROSS:
        yield replace(first_wish(rng, wish.client, _in(rng, done, 15, 70)), thought_of=done)


def after_absence(rng: random.Random, wish: Wish, date: dt.date) -> Iterator[Wish]:
    """Some who cancelled, missed or left come back."""
    if rng.random() < COMES_BACK:
        yield replace(wish, date=_in(rng, date, 4, 24), after=None, thought_of=date)


def _series(rng: random.Random, wish: Wish, done: dt.date, visit: int) -> Iterator[Wish]:
    offer = BY_NAME[wish.offer]
    if wish.session < offer.series:
        if rng.random() < SERIES_GOES_ON:
            days = _spread(rng, offer.every_days)
            yield replace(wish, date=done + dt.timedelta(days=days), session=wish.session + 1, after=visit)
    elif rng.random() < COMES_BACK:
        yield replace(wish, date=done + dt.timedelta(days=_spread(rng, offer.rest_days)), after=visit)


def _spread(rng: random.Random, days: int) -> int:
    """Few come early, most a little late, some much later."""
    return round(days * rng.triangular(0.94, 1.6, 1.03))


def _season(offer: str, date: dt.date) -> dt.date:
    if BY_NAME[offer].category in SUNNY and date.month in SUMMER:
        return dt.date(date.year, 9, 5)
    return date


def _in(rng: random.Random, date: dt.date, least: int, most: int) -> dt.date:
    return date + dt.timedelta(days=rng.randint(least, most))
