"""From a scale to a whole life: `plan(scale)` gives every event in order, the same for the same scale.

Pure: reads no clock, no database. The order of calls to the one random source is what makes it repeatable.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from operational.simulation import house, people, wishes
from operational.simulation.aftermath import Aftermath
from operational.simulation.bills import (
    FEE_WAIVED,
    LATER,
    PACKAGE_REFUNDED,
    PAYS_FEE,
    PAYS_LATER,
    REFUNDED,
    Bills,
)
from operational.simulation.diary import OPENS, Diary, Slot
from operational.simulation.events import (
    Arrive,
    ClientPlan,
    Confirm,
    Deposit,
    Event,
    Finish,
    Gone,
    Miss,
    Move,
    PayLater,
    Plan,
    Refund,
    RefundPackage,
    VisitPlan,
)
from operational.simulation.menu import BY_NAME, PACKAGES
from operational.simulation.scale import BEYOND, Scale
from operational.simulation.wayplan import Ways
from operational.simulation.ways import MoveAway, TellAway
from operational.simulation.wishes import Wish, weighted

OUTCOMES: tuple[tuple[int, str], ...] = (
    (848, "done"), (42, "no_show"), (38, "cancel"), (22, "late_cancel"), (12, "practice_cancel"),
    (8, "left"), (8, "not_treated"), (17, "moved"), (5, "moved_late"),
)  # fmt: skip
WALK_IN, ELSEWHERE, CONFIRMED, DEPOSITED, FOLLOW_UP = 0.05, 0.1, 0.7, 0.06, 0.45
FOLLOW_UP_AHEAD = 125
"""Days ahead at most that the next visit is booked on leaving: further, there are no shifts yet."""
DEPOSIT_MINOR = 5_000
SICK_MORNING = 7 * 60 + 20
NOTICE = dt.timedelta(hours=26)
REASONS: dict[str, tuple[str, ...]] = {
    "cancel": ("schedule", "illness", "cost", "changed_mind"),
    "late_cancel": ("illness", "schedule", "weather"),
    "practice_cancel": ("provider_absent", "equipment"),
}


def plan(scale: Scale) -> Plan:
    """The whole life of one organization."""
    return _Planner(scale).run()


class _Planner:
    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self.rng = random.Random(scale.seed)  # noqa: S311 - a repeatable story, nothing secret
        self.diary = Diary(scale, self.rng)
        self.bills = Bills(self.rng, scale.slug)
        self.clients: list[ClientPlan] = []
        self.visits: list[VisitPlan] = []
        self._events: list[tuple[dt.datetime, int, Event]] = []
        self._order = itertools.count()
        self._busy: dict[int, set[dt.date]] = defaultdict(set)
        self._wishes: list[tuple[dt.date, int, Wish]] = []
        self._ends: dict[int, dt.datetime] = {}
        self._aftermath = Aftermath(scale, self.diary.open_time)
        self._ways = Ways(scale, self.diary, self.clients, self.visits, self._busy, self._add, self._treated)

    def run(self) -> Plan:
        for number in range(1, self.scale.clients + 1):
            place = self.rng.choice(self.scale.places)
            fields = people.person(self.rng, number, place.zip_codes)
            self.clients.append(ClientPlan(number, place.code, fields))
            date = wishes.joining_date(self.rng, self.scale.first, self.scale.last)
            self._wish([wishes.first_wish(self.rng, number, date)])
        while self._wishes:
            _, _, wish = heapq.heappop(self._wishes)
            self._live(wishes.with_dose(self.rng, wish))
        planned = [one[2] for one in self._events]
        of_house = house.events(self.scale, self.diary, self.rng, self.visits, self._ends, planned)
        for event in itertools.chain(of_house, self._aftermath.of_house(self.diary), self._ways.of_house()):
            self._add(event)
        self._events.sort(key=lambda one: one[:2])
        return Plan(self.clients, self.visits, [event for _, _, event in self._events])

    def _add(self, event: Event) -> None:
        heapq.heappush(self._events, (event.at, next(self._order), event))

    def _wish(self, found: Iterable[Wish]) -> None:
        for one in found:
            if one.date <= self.scale.last + BEYOND:
                heapq.heappush(self._wishes, (one.date, next(self._order), one))

    def _live(self, wish: Wish) -> None:
        """Book a wish and let it end one way or another."""
        visit = self._booked(wish)
        if visit is None or visit.start.date() > self.scale.last:
            return
        if self._ways.is_sick(visit):
            self._moved_away(visit, wish)
            return
        outcome = "done" if visit.walk_in else weighted(self.rng, OUTCOMES)
        gone = self._absent(visit, outcome)
        if gone is not None:
            if outcome == "cancel":
                self._ways.freed(visit, gone)
            self._wish(wishes.after_absence(self.rng, wish, gone.date()))
        else:
            self._treated(visit, wish)

    def _booked(self, wish: Wish) -> VisitPlan | None:
        rng, client = self.rng, self.clients[wish.client - 1]
        code = client.place
        if len(self.scale.places) > 1 and rng.random() < ELSEWHERE:
            code = next(one.code for one in self.scale.places if one.code != code)
        items = wishes.items_of(rng, wish)
        offers = [BY_NAME[one.offer] for one in items]
        earlier = self._ends.get(wish.after) if wish.after is not None else None
        follows = earlier is not None and rng.random() < FOLLOW_UP
        follows = follows and (wish.date - earlier.date()).days <= FOLLOW_UP_AHEAD if earlier else False
        walk_in = not follows and rng.random() < WALK_IN
        wanted = max(wish.date, self.scale.first + dt.timedelta(days=0 if walk_in else 1))
        lead = 0 if walk_in else rng.randint(1, 24)
        on = max(wanted - dt.timedelta(days=lead), self.scale.first)
        if earlier is not None:
            on = earlier.date() if follows else max(on, earlier.date() + dt.timedelta(days=1))
            wanted = max(wanted, on if walk_in else on + dt.timedelta(days=1))
        if wish.thought_of is not None:
            on = max(on, wish.thought_of + dt.timedelta(days=1))
            wanted = max(wanted, on if walk_in else on + dt.timedelta(days=1))
        if on > self.scale.last:
            return None
        slot = self.diary.find(code, offers, wanted, on, self._busy[wish.client])
        if slot is None or (walk_in and slot.date > self.scale.last):
            return None
        self.diary.take(code, slot, offers)
        self._busy[wish.client].add(slot.date)
        start = self.diary.instant(code, slot.date, slot.minute)
        booked_at = start if walk_in else self.diary.instant(code, on, rng.randint(9 * 60, 17 * 60 + 40))
        if follows and earlier is not None:
            booked_at = earlier + dt.timedelta(minutes=2)
        visit = VisitPlan(
            len(self.visits), wish.client, code, slot.provider, start, items,
            sum(offer.minutes for offer in offers), booked_at,
            follow_up_of=wish.after if follows else None, walk_in=walk_in,
        )  # fmt: skip
        self.visits.append(visit)
        by_desk = self._ways.booked(visit, follows=follows)
        taken_at = [one.code for one in self.scale.places if self.diary.opens(one.code, on)]
        if not walk_in and rng.random() < DEPOSITED and by_desk and taken_at:
            at = code if code in taken_at else taken_at[0]
            self._add(Deposit(booked_at + dt.timedelta(minutes=1), visit, at, DEPOSIT_MINOR))
        return visit

    def _moved_away(self, visit: VisitPlan, wish: Wish) -> None:
        """Whose provider is sick goes to another time, or must be told that there is none."""
        date = visit.start.date()
        morning = self.diary.instant(visit.place, date, SICK_MORNING)
        offers, busy = [BY_NAME[one.offer] for one in visit.items], self._busy[visit.client]
        slot = self.diary.find(visit.place, offers, date + dt.timedelta(days=1), date, busy, steady=True)
        if slot is None or slot.date > self.scale.last:
            self._add(TellAway(morning, visit))
            told = morning + dt.timedelta(minutes=45)
            self._add(Miss(told, visit, "practice_cancel", "provider_absent"))
            self._wish(wishes.after_absence(self.rng, wish, date))
            return
        self._place_at(visit, slot)
        self._add(MoveAway(morning, visit, visit.start, visit.provider, "practice"))
        self._treated(visit, wish)

    def _absent(self, visit: VisitPlan, outcome: str) -> dt.datetime | None:
        """Plan a visit that does not take place; None: it does, perhaps at another time."""
        morning = visit.start - dt.timedelta(minutes=self.rng.randint(50, 200))
        early = visit.start - NOTICE - dt.timedelta(minutes=self.rng.randint(0, 6_000))
        if early <= visit.booked_at + dt.timedelta(minutes=5):
            outcome = {"cancel": "late_cancel", "moved": "moved_late"}.get(outcome, outcome)
        morning = max(morning, self.diary.instant(visit.place, visit.start.date(), OPENS - 20))
        ends: dict[str, dt.datetime] = {
            "no_show": visit.start + dt.timedelta(minutes=25),
            "cancel": early,
            "late_cancel": morning,
            "practice_cancel": morning,
            "left": visit.start + dt.timedelta(minutes=20),
            "not_treated": visit.start + dt.timedelta(minutes=20),
        }
        if outcome in ("moved", "moved_late"):
            self._move(visit, early if outcome == "moved" else morning)
            return None
        end = ends.get(outcome)
        self._confirm(visit, end)
        if end is None:
            return None
        if outcome in ("left", "not_treated"):
            self._add(Arrive(visit.start - dt.timedelta(minutes=2), visit))
        waived = outcome in ("no_show", "late_cancel") and self.rng.random() < FEE_WAIVED
        reasons = REASONS.get(outcome)
        how: Gone = outcome  # type: ignore[assignment]
        self._add(Miss(end, visit, how, self.rng.choice(reasons) if reasons else None, waived))
        if outcome in ("no_show", "late_cancel") and not waived and self.rng.random() < PAYS_FEE:
            self._pay_later(visit, end, 1, 30)
        return end

    def _move(self, visit: VisitPlan, at: dt.datetime) -> None:
        wanted = visit.start.date() + dt.timedelta(days=self.rng.randint(1, 9))
        offers = [BY_NAME[one.offer] for one in visit.items]
        # `at` is UTC, where a studio's evening is the next day: who joins that morning is not known yet.
        known_by = at.date() - dt.timedelta(days=1)
        slot = self.diary.find(visit.place, offers, wanted, known_by, self._busy[visit.client], steady=True)
        if slot is None or slot.date > self.scale.last:
            return
        self._place_at(visit, slot)
        self._add(Move(at, visit, visit.start, visit.provider))

    def _place_at(self, visit: VisitPlan, slot: Slot) -> None:
        self.diary.take(visit.place, slot, [BY_NAME[one.offer] for one in visit.items])
        self._busy[visit.client].add(slot.date)
        visit.start = self.diary.instant(visit.place, slot.date, slot.minute)
        visit.provider = slot.provider

    def _confirm(self, visit: VisitPlan, end: dt.datetime | None) -> None:
        at = visit.start - dt.timedelta(hours=self.rng.randint(20, 23))
        if at > visit.booked_at and (end is None or at < end) and self.rng.random() < CONFIRMED:
            self._add(Confirm(at, visit))

    def _treated(self, visit: VisitPlan, wish: Wish | None = None) -> None:
        """`wish`: what it leads to; None: nothing more."""
        rng = self.rng
        arrives = visit.start + dt.timedelta(
            minutes=rng.choice((-4, -2, 0, 3, 6)) if not visit.walk_in else 1
        )
        finishes = visit.start + dt.timedelta(minutes=visit.minutes + rng.randint(0, 9))
        finishes = max(finishes, arrives + dt.timedelta(minutes=10))
        self._ends[visit.number] = finishes
        visit.bill = self.bills.of_visit(arrives, finishes, visit.client, visit.items[0].intent)
        refunded = False
        if wish and len(visit.items) == 1 and wish.offer in PACKAGES and finishes.date() < self.scale.last:
            sold = self.bills.sell_package(visit.bill, visit.client, wish.offer)
            if sold and rng.random() < PACKAGE_REFUNDED:
                at = self.diary.open_time(visit.place, finishes, rng.randint(20, 120))
                if at is not None:
                    refunded = True
                    self._add(RefundPackage(at, visit, rng.random() < 0.5))
        if not visit.queued:
            self._add(Arrive(arrives, visit))
        self._add(Finish(finishes, visit))
        if visit.bill.how in ("nothing", "part"):
            if rng.random() < PAYS_LATER:
                self._pay_later(visit, finishes, 5, 80)
        elif visit.bill.sells_card is None and visit.bill.sells_package is None and rng.random() < REFUNDED:
            refunded = True
            self._refund(visit, finishes)
        for event in self._aftermath.of_visit(visit, finishes, refunded=refunded):
            self._add(event)
        if wish is not None and not self._in_series(visit, wish, finishes):
            self._wish(wishes.after_treatment(rng, wish, finishes.date(), visit.number))

    def _in_series(self, visit: VisitPlan, wish: Wish, finishes: dt.datetime) -> bool:
        """The next sessions are booked at once; what comes after the last of them is wished for again."""
        if BY_NAME[wish.offer].series < 3 or wish.session > 1 or len(visit.items) > 1:
            return False
        made = self._ways.series(visit, visit.items[0], finishes, FOLLOW_UP_AHEAD)
        for number, one in enumerate(made, start=2):
            if one.start.date() <= self.scale.last:
                self._treated(one, replace(wish, session=number) if number > len(made) else None)
        return bool(made)

    def _pay_later(self, visit: VisitPlan, after: dt.datetime, least: int, most: int) -> None:
        other = self.rng.random() >= 0.8
        code = self.rng.choice([one.code for one in self.scale.places]) if other else visit.place
        at = self.diary.open_time(code, after, self.rng.randint(least, most))
        if at is not None:
            self._add(PayLater(at, visit, code, weighted(self.rng, LATER)))

    def _refund(self, visit: VisitPlan, after: dt.datetime) -> None:
        at = self.diary.open_time(visit.place, after, self.rng.randint(1, 21))
        if at is not None:
            share = 1_000_000 if self.rng.random() < 0.4 else self.rng.choice((250_000, 333_333, 500_000))
            reason = self.rng.choice(("dissatisfied", "goodwill", "billing_error", "price_adjustment"))
            self._add(Refund(at, visit, share, reason, self.rng.random() < 0.35))
