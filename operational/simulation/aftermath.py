"""Plans what comes after visits and outside of them, from a random source of its own. Pure.

So a visit is what it is whatever comes after it. How often is what a practice sees in a year, and a little
more, so that a life of a few months has some of each.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from operational.simulation.diary import OPENS, Diary
from operational.simulation.events import Event, PayLater, VisitPlan
from operational.simulation.later import (
    Bank,
    Bill,
    Dispute,
    Enroll,
    GiveUp,
    Membership,
    PayLink,
    Recover,
    ReturnCheck,
    SendLink,
    Verdict,
)
from operational.simulation.menu import CLUB_OFFER
from operational.simulation.scale import Scale

LINKED, LINK_PAID = 0.6, 0.55
GIVEN_UP, RECOVERED = 0.75, 0.2
RETURNED, PAYS_AGAIN = 0.1, 0.7
DISPUTED, WON, BILLED = 0.008, 0.45, 0.3
ENROLLS, REFUSED, FREEZES, LEAVES = 0.35, 0.14, 0.35, 0.35
REFUSED_CARD, GOOD_CARD = "tok_expired_card", "tok_visa"
BANK_WEEKDAY = 2
BILL_WEEKDAYS = (1, 4)
"""On which every place is open; who is due meanwhile waits for the next."""
BANK_SHORT, BANK_FEE_MINOR = 0.06, 2_500
BY_CARD = ("card", "split")
DAY = dt.timedelta(days=1)
OpenTime = Callable[[str, dt.datetime, int, random.Random], dt.datetime | None]


@dataclass
class Aftermath:
    """`open_time`: a time at which a place is open, that many days after another or a little later."""

    scale: Scale
    open_time: OpenTime
    rng: random.Random = field(init=False)
    _members: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.scale.seed} afterwards")  # noqa: S311 - a story, nothing secret

    def of_visit(self, visit: VisitPlan, finishes: dt.datetime, *, refunded: bool) -> Iterator[Event]:
        """What follows a treated visit; of one that is refunded nothing does, but a membership may."""
        bill = visit.bill
        if not refunded:
            if bill.how in ("nothing", "part"):
                yield from self._owing(visit, finishes)
            elif bill.how == "check":
                yield from self._check(visit, finishes)
            elif bill.how in BY_CARD and bill.sells_card is None:
                yield from self._dispute(visit, finishes)
        if [one.offer for one in visit.items] == [CLUB_OFFER] and bill.sells_package is None:
            yield from self._member(visit, finishes)

    def _owing(self, visit: VisitPlan, finishes: dt.datetime) -> Iterator[Event]:
        rng = self.rng
        sent = self._at(visit, finishes, rng.randint(1, 4))
        if sent is not None and rng.random() < LINKED:
            yield SendLink(sent, visit)
            paid = sent + dt.timedelta(hours=rng.randint(3, 130))
            if rng.random() < LINK_PAID and paid.date() < self.scale.last:
                yield PayLink(paid, visit)
        given_up = self._at(visit, finishes, rng.randint(95, 140))
        if given_up is not None and rng.random() < GIVEN_UP:
            yield GiveUp(given_up, visit)
            recovered = self._at(visit, given_up, rng.randint(5, 60))
            if recovered is not None and rng.random() < RECOVERED:
                yield Recover(recovered, visit)

    def _check(self, visit: VisitPlan, finishes: dt.datetime) -> Iterator[Event]:
        """Checks go to the bank at the end of a week; it takes some days to say that one is not covered."""
        if self.rng.random() >= RETURNED:
            return
        back = self._at(visit, finishes, self.rng.randint(9, 15))
        if back is not None:
            yield ReturnCheck(back, visit)
            again = self._at(visit, back, self.rng.randint(2, 20))
            if again is not None and self.rng.random() < PAYS_AGAIN:
                yield PayLater(again, visit, visit.place, "card")

    def _dispute(self, visit: VisitPlan, finishes: dt.datetime) -> Iterator[Event]:
        if self.rng.random() >= DISPUTED:
            return
        opened = self._at(visit, finishes, self.rng.randint(15, 70))
        if opened is None:
            return
        yield Dispute(opened, visit)
        decided = self._at(visit, opened, self.rng.randint(20, 60))
        if decided is not None:
            won = self.rng.random() < WON
            yield Verdict(decided, visit, won, not won and self.rng.random() < BILLED)

    def _member(self, visit: VisitPlan, finishes: dt.datetime) -> Iterator[Event]:
        rng = self.rng
        if visit.client in self._members or rng.random() >= ENROLLS:
            return
        self._members.add(visit.client)
        refused = rng.random() < REFUSED
        yield Enroll(finishes + dt.timedelta(minutes=4), visit, REFUSED_CARD if refused else GOOD_CARD)
        last = finishes
        if refused:
            # Pays the first dues at the desk; with the next ones it is enough.
            steps = [(rng.randint(8, 20), "settle"), (rng.randint(35, 45), "unpaid")]
        elif rng.random() < FREEZES:
            steps = [(rng.randint(40, 150), "freeze"), (rng.randint(20, 70), "unfreeze")]
        else:
            steps = []
        if not refused and rng.random() < LEAVES:
            steps.append((rng.randint(60, 200), "cancel"))
        for days, how in steps:
            at = self._at(visit, last, days)
            if at is None:
                return
            yield Membership(at, visit, how)  # type: ignore[arg-type]
            last = at

    def of_house(self, diary: Diary) -> Iterator[Event]:
        """Dues are billed on two mornings of a week, the bank is looked at on one."""
        for place in self.scale.places:
            date, weeks = self.scale.first, 0
            while date <= self.scale.last:
                if diary.opens(place.code, date):
                    if date.weekday() in BILL_WEEKDAYS:
                        yield Bill(diary.instant(place.code, date, OPENS + 10), place.code)
                    if date.weekday() == BANK_WEEKDAY:
                        weeks += 1
                        short = 2_000 if self.rng.random() < BANK_SHORT else 0
                        fee = BANK_FEE_MINOR if weeks % 4 == 0 else 0
                        yield Bank(diary.instant(place.code, date, OPENS + 20), place.code, short, fee)
                date += DAY

    def _at(self, visit: VisitPlan, after: dt.datetime, days: int) -> dt.datetime | None:
        return self.open_time(visit.place, after, days, self.rng)
