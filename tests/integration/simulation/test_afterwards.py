"""What comes long after visits: some of a year's, lived without the others, on the days that concern them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import text

from medspa.kernel.settings import Settings
from medspa.local.lives import live_events
from medspa.local.simulate import begin
from operational.simulation import ways
from operational.simulation.events import (
    Arrive,
    Book,
    Close,
    Event,
    Finish,
    Join,
    Open,
    PayLater,
    PettyCash,
    Plan,
)
from operational.simulation.later import (
    Dispute,
    GiveUp,
    OfVisit,
    PayLink,
    Recover,
    ReturnCheck,
    Verdict,
)
from operational.simulation.planner import plan
from operational.simulation.scale import neighbour
from tests.integration.simulation.test_plan import booked_by
from tests.support.databases import Database

YEAR = neighbour(dt.date(2026, 10, 31), months=14, visits=500, seed=1, slug="after", name="Afterwards")
SETTLED = {
    "disputes": "select status, count(*) from dispute group by 1",
    "debts": "select kind, count(*) from write_off group by 1",
    "checks": "select 'returned', count(*) from returned_check",
    "members": "select kind, count(*) from membership_event group by 1",
    "bank": "select match_kind, count(*) from bank_line group by 1",
}


def test_what_comes_after_visits_is_booked(settings: Settings, operational: Database) -> None:
    life = plan(YEAR)
    chosen = _chosen(life.events)
    _, begun = begin(settings, YEAR)
    lived = live_events(settings, YEAR, begun, _without_the_others(life, chosen), lambda _: None)
    assert min(lived[kind.__name__] for kind in (Dispute, Verdict, GiveUp, Recover, ReturnCheck)) > 0, lived
    found = {}
    with operational.session("admin") as session:
        for name, query in SETTLED.items():
            found[name] = {str(key): number for key, number in session.execute(text(query))}
    assert set(found["disputes"]) >= {"won", "lost"}, found
    assert set(found["debts"]) == {"written_off", "recovered"}, found
    assert found["checks"]["returned"] > 0, found
    steps = {"joined", "dues_failed", "frozen", "unfrozen", "changed", "cancelled", "refunded"}
    assert set(found["members"]) >= steps, found
    assert set(found["bank"]) >= {"processor_payout", "bank_deposit", "returned_check", "processor_fee"}, (
        found
    )
    assert "None" not in found["bank"], "a line of the bank that nobody matched"


def _chosen(events: list[Event]) -> set[int]:
    """One visit of each thing that may follow, and the first of each kind of verdict and membership step."""
    seen: set[object] = set()
    chosen = set()
    for event in events:
        if isinstance(event, OfVisit):
            kind = (type(event), getattr(event, "won", None), getattr(event, "how", None))
            if kind not in seen:
                seen.add(kind)
                chosen.add(event.visit.number)
    return chosen


def _without_the_others(life: Plan, chosen: set[int]) -> list[Event]:  # noqa: C901 - a rule per line
    """The house's events stay; its days only where a chosen visit has something on them."""
    events = life.events
    own = [event for event in events if getattr(getattr(event, "visit", None), "number", None) in chosen]
    recovered = {event.visit.number for event in own if isinstance(event, Recover)}
    clients = {event.visit.client for event in own if isinstance(event, Finish)}
    days = {_day(event) for event in own}
    kept: list[Event] = []
    known: set[int] = set()
    for event in events:
        visit = getattr(event, "visit", None)
        if type(event).__module__ == ways.__name__:
            # However it came about: here the desk books it.
            kept += _by_desk(event, life, chosen, known)
            continue
        if visit is not None:
            # Who pays before has nothing to be given up.
            early = isinstance(event, PayLink | PayLater) and visit.number in recovered
            if visit.number not in chosen or early:
                continue
            visit.follow_up_of = None
            if isinstance(event, Book) and visit.client not in known:
                # Whose record came of an online booking, or of a lead.
                known.add(visit.client)
                kept.append(Join(event.at, life.clients[visit.client - 1]))
        elif isinstance(event, Join):
            if event.client.number not in clients or event.client.number in known:
                continue
            known.add(event.client.number)
        elif isinstance(event, Open | PettyCash | Close):
            if _day(event) not in days and _day(event) != YEAR.last:
                continue
            if isinstance(event, Close):
                event.tips = True
        kept.append(event)
    return kept


def _by_desk(event: Event, life: Plan, chosen: set[int], known: set[int]) -> Iterator[Event]:
    booked = booked_by(event)
    for visit in booked:
        if visit.number not in chosen:
            continue
        if visit.client not in known:
            known.add(visit.client)
            yield Join(event.at, life.clients[visit.client - 1])
        visit.follow_up_of = None
        start = getattr(event, "start", visit.start) if visit is booked[0] else visit.start
        provider = getattr(event, "provider", visit.provider) if visit is booked[0] else visit.provider
        yield Book(event.at, visit, start, provider)
        if isinstance(event, ways.Seat):
            yield Arrive(event.at, visit)


def _day(event: Event) -> dt.date:
    """The clinic's date, whose evenings are the next day in UTC."""
    return (event.at - dt.timedelta(hours=6)).date()
