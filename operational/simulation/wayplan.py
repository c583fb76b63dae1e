"""Plans how visits come about and what befalls them on the way, in turns and from a random source of its own.

In turns and not by chance, so that a life of some weeks has some of each. Pure. What a wish leads to is the
planner's; it asks here at a visit's booking, at its cancellation and after the first of a series.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from operational.simulation import people
from operational.simulation.diary import SHIFT_FROM, SHIFT_TO, Diary, Slot
from operational.simulation.events import Book, ClientPlan, Event, ItemPlan, Join, VisitPlan
from operational.simulation.menu import BY_NAME
from operational.simulation.scale import Scale
from operational.simulation.ways import (
    Accept,
    Await,
    Away,
    BeginOnline,
    Come,
    Convert,
    Decline,
    Enquire,
    FinishOnline,
    FollowUp,
    Rebook,
    Seat,
    Series,
    Slip,
    StartWriting,
    Together,
    Turn,
    Undo,
    WishPlan,
)

NEW = ("online", "form", "desk", "abandoned", "online", "desk")
"""How new clients come, in turns; the desk is called by those who come as somebody's friend or know it."""
KNOWN = ("slip", "together", "lost", "together", *("desk",) * 20)
WAITS = ("accepts", "lapses", "accepts", "declines", "accepts")
REBOOKS_EVERY, LOST_EVERY_DAYS = 8, 60
LOST = ("no_answer", "price", "went_elsewhere", "not_suitable")
WRITES = dt.timedelta(days=10)
"""The practice writes to its clients by itself in the last days: each of them costs a turn of the workers."""
SICK_AT, OFF_AT = (0.25, 0.45, 0.6), 0.7
"""Parts of somebody's working days."""
SICK_OF = 3
"""So many of the first providers are ever sick."""
ASKED = dt.timedelta(days=21)
DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)
AWAKE_FROM, AWAKE_UNTIL = 9 * 60, 18 * 60
TURN_AT = 10 * 60
STRANGERS = 100_000
"""Numbers of people who never become clients begin here."""


@dataclass
class Ways:
    """`add` plans an event, `lived` the rest of a visit that nobody wished for before."""

    scale: Scale
    diary: Diary
    clients: Sequence[ClientPlan]
    visits: list[VisitPlan]
    busy: dict[int, set[dt.date]]
    add: Callable[[Event], None]
    lived: Callable[[VisitPlan], None]
    known: dict[int, dt.datetime] = field(default_factory=dict)
    """Client → since when."""
    _turns: defaultdict[str, Iterator[int]] = field(default_factory=lambda: defaultdict(itertools.count))

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.scale.seed} ways")  # noqa: S311 - a story, nothing secret
        for number, provider in enumerate(self.scale.providers):
            days = [date for _, date in self.diary.working_days(provider, self.scale.last)]
            if len(days) > 6:
                self.diary.away.add((provider.label, days[int(len(days) * OFF_AT)]))
                if number < SICK_OF:
                    self.diary.sick |= {(provider.label, days[int(len(days) * one)]) for one in SICK_AT}

    def of_house(self) -> Iterator[Event]:
        yield from self._absences()
        yield from self._writing()
        yield from self._lost()

    def booked(self, visit: VisitPlan, *, follows: bool) -> bool:
        """Plan the booking of a visit; whether the desk makes it, who may ask for a deposit then."""
        at, client = visit.booked_at, self.clients[visit.client - 1]
        new = visit.client not in self.known
        self.known.setdefault(visit.client, at - 3 * MINUTE)
        way = self._way(visit, client, new=new, follows=follows)
        if way == "online":
            self.add(BeginOnline(at - 3 * MINUTE, visit, visit.start, visit.provider))
            self.add(FinishOnline(at, visit, visit.start, visit.provider, client))
            return False
        if new and way in ("form", "abandoned"):
            self._lead(way, visit, client)
        elif new:
            self.add(Join(at - 3 * MINUTE, client))
        if way == "queue":
            visit.queued = True
            self.add(Come(at - 2 * MINUTE, visit))
            self.add(Seat(at, visit))
        elif way == "together" and (other := self._partner(visit)) is not None:
            self.add(Together(at, visit, visit.start, visit.provider, (other,)))
        else:
            kind = Rebook if way == "rebook" else Book
            self.add(kind(at, visit, visit.start, visit.provider))
        if way == "slip":
            self.add(Slip(at + 2 * MINUTE, visit))
            self.add(Undo(at + 2 * MINUTE + dt.timedelta(seconds=40), visit))
        elif way == "lost":
            self._leave(visit, at - 2 * HOUR, self._stranger(visit.place))
        return True

    def _way(self, visit: VisitPlan, client: ClientPlan, *, new: bool, follows: bool) -> str:
        if visit.walk_in:
            return "queue" if len(visit.items) == 1 else "desk"
        if follows:
            return "rebook" if self._turn("follows") % REBOOKS_EVERY == 0 else "desk"
        # Whoever comes by the public page comes to the place where they live, on a day that has begun there.
        early = visit.booked_at - 2 * HOUR < self.diary.instant(visit.place, self.scale.first, 8 * 60)
        if early or client.place != visit.place or len(visit.items) > 1 or "phone" not in client.fields:
            return "desk"
        table = NEW if new else KNOWN
        return table[self._turn("new" if new else "known") % len(table)]

    def _turn(self, of: str) -> int:
        return next(self._turns[of])

    def _lead(self, way: str, visit: VisitPlan, client: ClientPlan) -> None:
        at = visit.booked_at
        if way == "form":
            first = self.diary.instant(visit.place, self.scale.first, 8 * 60)
            self.add(Enquire(max(at - self.rng.randint(3, 60) * HOUR, first), client))
        else:
            self._leave(visit, at - 2 * HOUR, client)
        self.add(FollowUp(at - 5 * MINUTE, client))
        self.add(Convert(at - 3 * MINUTE, client))

    def _leave(self, visit: VisitPlan, at: dt.datetime, who: ClientPlan) -> None:
        """Somebody chooses the time that will be this visit's, and goes away; later it is a lead."""
        self.add(BeginOnline(at, visit, visit.start, visit.provider, who))
        self.add(Turn(at + 45 * MINUTE, "bookings"))
        if who.number >= STRANGERS:
            self._give_up(at + HOUR, who)

    def _give_up(self, at: dt.datetime, who: ClientPlan) -> None:
        self.add(FollowUp(at, who, LOST[self._turn("lost") % len(LOST)]))

    def _stranger(self, place: str) -> ClientPlan:
        number = STRANGERS + self._turn("stranger")
        return ClientPlan(number, place, people.person(self.rng, number, self.diary.place(place).zip_codes))

    def _partner(self, visit: VisitPlan) -> VisitPlan | None:
        """Somebody who comes with the client, to somebody else, for the same."""
        offers = [BY_NAME[one.offer] for one in visit.items]
        date = visit.start.date()
        slot = Slot(date, visit.provider, self._minute(visit))
        beside = self.diary.beside(visit.place, slot, offers, visit.booked_at.date())
        friend = self._friend(visit.client, visit.place, date, visit.booked_at)
        if beside is None or friend is None or date > self.scale.last or visit.items[0].intent != "full":
            return None
        self.diary.take(visit.place, beside, offers)
        return self._visit(friend, visit, beside.provider, visit.booked_at)

    def _friend(self, client: int, place: str, date: dt.date, since: dt.datetime) -> int | None:
        """A client who is known by then and does nothing else on that day."""
        able = [
            one.number
            for one in self.clients
            if one.number != client
            and one.place == place
            and date not in self.busy[one.number]
            and one.number in self.known
            and self.known[one.number] < since - HOUR
        ]
        return self.rng.choice(able) if able else None

    def _visit(self, client: int, like: VisitPlan, provider: str, booked_at: dt.datetime) -> VisitPlan:
        """A visit like another one, of somebody else; it takes place."""
        visit = VisitPlan(
            len(self.visits), client, like.place, provider, like.start, like.items, like.minutes, booked_at
        )
        self.visits.append(visit)
        self.busy[client].add(like.start.date())
        self.lived(visit)
        return visit

    def freed(self, visit: VisitPlan, at: dt.datetime) -> None:
        """A time came free: somebody waits for it, if there are hours enough left to offer it."""
        date = visit.start.date()
        offered = self._awake(visit.place, at + MINUTE)
        waits_from = max(visit.booked_at + 5 * MINUTE, at - self.rng.randint(1, 30) * HOUR)
        friend = self._friend(visit.client, visit.place, date, waits_from)
        too_late = offered + 3 * HOUR > visit.start or date > self.scale.last
        if too_late or friend is None or (visit.provider, date) in self.diary.sick:
            return
        way = WAITS[self._turn("waits") % len(WAITS)]
        offers = tuple(one.offer for one in visit.items)
        wish = WishPlan(self._turn("wish"), friend, visit.place, offers, visit.provider, visit.start)
        self.add(Await(waits_from, wish))
        self.add(Turn(offered, "waitlist"))
        if way == "accepts":
            taken = offered + 8 * MINUTE
            other = self._visit(friend, visit, visit.provider, taken)
            self.add(Accept(taken, other, wish))
        elif way == "declines":
            self.add(Decline(offered + 12 * MINUTE, wish))
        else:
            self.add(Turn(offered + 40 * MINUTE, "waitlist"))

    def series(self, visit: VisitPlan, item: ItemPlan, finishes: dt.datetime, ahead: int) -> list[VisitPlan]:
        """Every second client of a series books the next two sessions on leaving; none: one at a time."""
        if self._turn("series") % 2:
            return []
        offer, found, on = BY_NAME[item.offer], [], finishes.date()
        for number in (1, 2):
            wanted = on + number * offer.every_days * DAY
            slot = self.diary.find(
                visit.place, [offer], wanted, on, self.busy[visit.client],
                steady=True, provider=visit.provider,
            )  # fmt: skip
            if slot is None or (slot.date - on).days > ahead:
                return []
            found.append(slot)
        made = []
        for slot in found:
            self.diary.take(visit.place, slot, [offer])
            self.busy[visit.client].add(slot.date)
            start = self.diary.instant(visit.place, slot.date, slot.minute)
            made.append(
                VisitPlan(
                    len(self.visits), visit.client, visit.place, slot.provider, start, (replace(item),),
                    offer.minutes, finishes + 2 * MINUTE,
                )
            )  # fmt: skip
            self.visits.append(made[-1])
        self.add(Series(finishes + 2 * MINUTE, made[0], tuple(made[1:])))
        return made

    def is_sick(self, visit: VisitPlan) -> bool:
        return (visit.provider, visit.start.date()) in self.diary.sick

    def _absences(self) -> Iterator[Event]:
        for label, date in sorted(self.diary.away | self.diary.sick):
            provider = next(one for one in self.scale.providers if one.label == label)
            code = next(code for code, on in self.diary.working_days(provider, date) if on == date)
            sick = (label, date) in self.diary.sick
            asked = max(date - ASKED, self.diary.joined(provider) + DAY)
            if asked < date or sick:
                yield Away(
                    self.diary.instant(code, date, 7 * 60 + 10) if sick
                    else self.diary.instant(code, asked, 12 * 60),
                    code, label, self.diary.instant(code, date, SHIFT_FROM),
                    self.diary.instant(code, date, SHIFT_TO), sick,
                )  # fmt: skip

    def _writing(self) -> Iterator[Event]:
        """Once a day, when everybody may be written to, what is due before visits is written."""
        code, date = self.scale.places[0].code, self.scale.last - WRITES
        yield StartWriting(self.diary.instant(code, date, TURN_AT - 30))
        while date <= self.scale.last:
            yield Turn(self.diary.instant(code, date, TURN_AT), "visits")
            date += DAY

    def _lost(self) -> Iterator[Event]:
        """Strangers who write and do not come after all."""
        for place in self.scale.places:
            date = self.scale.first + 3 * DAY
            while date < self.scale.last - 2 * DAY:
                who = self._stranger(place.code)
                yield Enquire(self.diary.instant(place.code, date, self.rng.randint(9 * 60, 20 * 60)), who)
                self._give_up(self.diary.instant(place.code, date + DAY, 11 * 60), who)
                date += LOST_EVERY_DAYS * DAY

    def _awake(self, code: str, at: dt.datetime) -> dt.datetime:
        """The next time at which a text may be read."""
        local = at.astimezone(self.diary.zone(code))
        minute = local.hour * 60 + local.minute
        if AWAKE_FROM <= minute < AWAKE_UNTIL:
            return at
        date = local.date() + (DAY if minute >= AWAKE_UNTIL else 0 * DAY)
        return self.diary.instant(code, date, AWAKE_FROM + 20)

    def _minute(self, visit: VisitPlan) -> int:
        local = visit.start.astimezone(self.diary.zone(visit.place))
        return local.hour * 60 + local.minute
