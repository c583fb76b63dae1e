"""The plan of a life: repeatable, possible, and with everything in it that a practice sees."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter, defaultdict

from operational.simulation.events import (
    Arrive,
    Book,
    Close,
    Deposit,
    Event,
    Finish,
    Join,
    Miss,
    Move,
    Open,
    PayLater,
    VisitPlan,
)
from operational.simulation.events import Plan as Planned
from operational.simulation.lanes import lanes
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
from operational.simulation.planner import plan
from operational.simulation.scale import Scale, practice
from operational.simulation.ways import (
    COUNTS,
    Accept,
    Await,
    Away,
    BeginOnline,
    Come,
    Decline,
    Enquire,
    FinishOnline,
    FollowUp,
    MoveAway,
    Seat,
    Series,
    Slip,
    StartWriting,
    Together,
    Turn,
    Undo,
)

YEAR = practice(dt.date(2026, 11, 21), months=14, visits=1_200, seed=9, slug="year", name="Year")


def test_the_year_is_repeatable_possible_and_full() -> None:
    life = plan(YEAR)
    assert _told(life) == _told(plan(YEAR))
    other = practice(YEAR.last, months=14, visits=1_200, seed=8, slug="year", name="Year")
    assert _told(life) != _told(plan(other))

    assert [event.at for event in life.events] == sorted(event.at for event in life.events)
    assert 1_000 < len(life.visits) < 1_400
    assert 190 <= len(life.clients) <= 230
    _nobody_is_in_two_places(life)
    _nobody_books_before_they_are_known(life)

    ends = Counter(event.how for event in life.events if isinstance(event, Miss))
    assert min(ends[how] for how in ("no_show", "cancel", "late_cancel", "practice_cancel", "left")) > 0
    tenders = Counter(visit.bill.how for visit in life.visits)
    assert min(tenders[how] for how in ("card", "cash", "check", "split", "part", "declined", "nothing")) > 0
    assert any(isinstance(one, Move) for one in life.events)
    assert any(isinstance(one, PayLater) and one.place != one.visit.place for one in life.events)
    assert any(isinstance(one, Deposit) and one.place != one.visit.place for one in life.events)
    assert any(visit.bill.uses_card for visit in life.visits)
    steps = {event.how for event in life.events if isinstance(event, Membership)}
    assert steps == {"freeze", "unfreeze", "settle", "cancel", "unpaid"}
    later = {type(event) for event in life.events}
    assert later >= {
        *COUNTS,
        BeginOnline,
        Enquire,
        FollowUp,
        Await,
        Decline,
        Come,
        Slip,
        Undo,
        Away,
        MoveAway,
    }
    assert later >= {Turn, StartWriting}
    assert later >= {SendLink, PayLink, ReturnCheck, Dispute, GiveUp, Recover, Enroll, Bill, Bank}
    assert {event.won for event in life.events if isinstance(event, Verdict)} == {True, False}
    assert {item.intent for visit in life.visits for item in visit.items} == {"full", "touch_up"}
    offsets = {
        event.at.hour - 8 for event in life.events if isinstance(event, Open) and event.place == "NORTH"
    }
    assert len(offsets) == 2, "opened at one local hour before and after a clock change"
    closed = {event.date for event in life.events if isinstance(event, Close)}
    assert closed >= {YEAR.first + dt.timedelta(days=1), YEAR.last}


def test_events_that_share_a_client_or_a_card_wait_for_each_other() -> None:
    """Walk the lanes, each first in turn, as far as the waits allow: nothing comes before its cause."""
    life = plan(YEAR)
    tasks = lanes(life, YEAR)
    order = {id(event): number for number, event in enumerate(life.events)}
    for first in range(len(tasks)):
        done = [0] * len(tasks)
        seen: dict[int, int] = {}
        while any(done[lane] < len(own) for lane, own in enumerate(tasks)):
            for lane in (first, *(one for one in range(len(tasks)) if one != first)):
                while done[lane] < len(tasks[lane]):
                    task = tasks[lane][done[lane]]
                    if any(done[other] < count for other, count in task.needs.items()):
                        break
                    visit = getattr(task.event, "visit", None)
                    if visit is not None:
                        assert seen.get(visit.client, -1) < order[id(task.event)]
                        seen[visit.client] = order[id(task.event)]
                    done[lane] += 1
        assert sum(done) == len(life.events)


def _told(life: Planned) -> list[str]:
    return [repr(event) for event in life.events]


def _nobody_is_in_two_places(life: Planned) -> None:
    spans: dict[str, list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)
    held = [one.number for event in life.events for one in booked_by(event)]
    assert (sorted(held), len(held)) == (sorted(set(held)), len(life.visits))
    # Time that a client gave back may be somebody else's.
    freed = {one.visit.number for one in life.events if isinstance(one, Miss) and one.how == "cancel"}
    for visit in life.visits:
        if visit.number in freed:
            continue
        spans[visit.provider].append((visit.start, visit.start + dt.timedelta(minutes=visit.minutes)))
    for taken in spans.values():
        taken.sort()
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(taken))
    finished = {event.visit.number for event in life.events if isinstance(event, Finish)}
    arrived = {event.visit.number for event in life.events if isinstance(event, Arrive | Seat)}
    assert finished < arrived


def _nobody_books_before_they_are_known(life: Planned) -> None:
    known: set[int] = set()
    for event in life.events:
        if isinstance(event, Join | FinishOnline):
            known.add(event.client.number)
        for visit in booked_by(event):
            assert visit.client in known


def booked_by(event: Event) -> tuple[VisitPlan, ...]:
    """The visits that an event books."""
    if isinstance(event, Together | Series):
        return event.visit, *event.others
    return (event.visit,) if isinstance(event, Book | FinishOnline | Accept | Seat) else ()


def test_a_scale_names_its_days() -> None:
    scale: Scale = practice(dt.date(2026, 3, 31), months=1, visits=50, seed=1, slug="one", name="One")
    assert (scale.first, scale.last) == (dt.date(2026, 3, 1), dt.date(2026, 3, 31))
