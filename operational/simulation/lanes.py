"""Lets the places of an organization live side by side: which event waits for which, and what they tell.

Each place is a lane that does its own events in order. An event waits for those before it in other lanes
that concern the same client, gift card or books; so the outcome is that of one after the other. Pure.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from operational.identity.access import Actor
from operational.simulation.events import (
    Close,
    Delivery,
    Deposit,
    Event,
    Finish,
    Join,
    Miss,
    Move,
    Open,
    PayLater,
    PettyCash,
    Plan,
    Price,
    Refund,
    RefundPackage,
    Roster,
    Staff,
    TaxChange,
    VisitPlan,
    Waste,
)
from operational.simulation.later import Bank, Bill, Enroll, OfVisit
from operational.simulation.scale import Scale
from operational.simulation.stage import Memory, Stage, Visit
from operational.simulation.ways import (
    Await,
    Away,
    Decline,
    Enquire,
    FinishOnline,
    FollowUp,
    StartWriting,
    Turn,
)

Key = tuple[str, Any]
OF_HOUSE = Open | Close | PettyCash | TaxChange | Delivery | Waste | Bank | Bill | Away
HOUSE = (Roster, Staff, Price, StartWriting, Turn)
"""Concern everybody: all lanes wait for them."""


@dataclass(frozen=True, slots=True)
class Task:
    """An event of a lane; `needs`: lane → how many of its tasks must be done before."""

    event: Event
    needs: dict[int, int]


@dataclass(slots=True)
class Told:
    """What an event changed that another lane may have to know."""

    clients: dict[int, uuid.UUID] = field(default_factory=dict)
    visits: dict[int, Visit] = field(default_factory=dict)
    consents: dict[uuid.UUID, dt.datetime] = field(default_factory=dict)
    exams: dict[uuid.UUID, dict[str, dt.datetime]] = field(default_factory=dict)
    balances: dict[uuid.UUID, bool] = field(default_factory=dict)
    cards: dict[str, int] = field(default_factory=dict)
    packages: dict[int, uuid.UUID] = field(default_factory=dict)
    holders: set[uuid.UUID] = field(default_factory=set)
    actors: dict[str, Actor] = field(default_factory=dict)


def lanes(plan: Plan, scale: Scale) -> list[list[Task]]:
    """The tasks of each place, in the order of `scale.places`."""
    lane_of = {place.code: number for number, place in enumerate(scale.places)}
    tasks: list[list[Task]] = [[] for _ in scale.places]
    newest: dict[Key, dict[int, int]] = defaultdict(dict)
    known = _Known(sold={
        event.visit.bill.sells_card[0]: event.visit.place
        for event in plan.events
        if isinstance(event, Finish) and event.visit.bill.sells_card
    })  # fmt: skip
    for event in plan.events:
        places, keys = _concerns(event, known)
        if isinstance(event, HOUSE):
            places = {one.code for one in scale.places}
        lane = lane_of[_where(event)] if not isinstance(event, HOUSE) else 0
        keys = {*keys, *(("place", code) for code in places)}
        needs: dict[int, int] = {}
        for key in keys:
            for other, count in newest[key].items():
                if other != lane:
                    needs[other] = max(needs.get(other, 0), count)
        tasks[lane].append(Task(event, needs))
        for key in keys:
            newest[key][lane] = len(tasks[lane])
    return tasks


@dataclass
class _Known:
    """Where gift cards were sold, and where clients may have deposits or credit."""

    sold: dict[str, str]
    balances: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    members: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))


def _where(event: Event) -> str:
    if isinstance(event, Join | Enquire | FollowUp):
        return event.client.place
    if isinstance(event, Await | Decline):
        return event.wish.place
    if isinstance(event, OF_HOUSE | Deposit | PayLater):
        return event.place
    return _visit(event).place


def _visit(event: Event) -> VisitPlan:
    visit: VisitPlan = event.visit  # type: ignore[attr-defined]
    return visit


def _others(event: Event) -> tuple[VisitPlan, ...]:
    """Visits that are booked in one go with the first."""
    others: tuple[VisitPlan, ...] = getattr(event, "others", ())
    return others


def _concerns(event: Event, known: _Known) -> tuple[set[str], set[Key]]:  # noqa: C901 - a rule per line
    """The places whose books it may touch, and the clients and cards it is about."""
    if isinstance(event, HOUSE):
        return set(), set()
    places = {_where(event)}
    if isinstance(event, Join | Enquire | FollowUp):
        return places, {("client", event.client.number)}
    if isinstance(event, Await | Decline):
        return places, {("client", event.wish.client)}
    if isinstance(event, Bill):
        return places, {("client", number) for number in known.members[event.place]}
    if isinstance(event, OF_HOUSE):
        return places, set()
    visit = _visit(event)
    keys: set[Key] = {("client", one.client) for one in (visit, *_others(event))}
    sells = isinstance(event, Finish) and visit.bill.sells_package is not None
    if isinstance(event, Enroll):
        known.members[visit.place].add(visit.client)
    if sells or isinstance(event, Deposit | FinishOnline | Refund | RefundPackage | Enroll):
        known.balances[visit.client].add(_where(event))
    if isinstance(event, Finish | Miss | Move | PayLater | Refund | RefundPackage | OfVisit):
        places |= {visit.place} | known.balances[visit.client]
    if isinstance(event, Finish):
        bill = visit.bill
        for code in (bill.uses_card, bill.sells_card[0] if bill.sells_card else None):
            if code is not None:
                keys.add(("card", code))
                places.add(known.sold[code])
    return places, keys


def tell(stage: Stage, event: Event) -> Told:
    """What to send to the other lanes once `event` is done."""
    told, ids, memory = Told(), stage.ids, stage.memory
    if isinstance(event, Staff):
        told.actors[event.label] = stage.actors[event.label]
    if isinstance(event, Join):
        told.clients[event.client.number] = ids.clients[event.client.number]
    visit = getattr(event, "visit", None)
    # Who only begins to book has no record yet.
    if isinstance(visit, VisitPlan) and visit.client in ids.clients:
        for one in (visit, *_others(event)):
            if one.number in ids.visits:
                told.visits[one.number] = ids.visits[one.number]
        client = ids.clients[visit.client]
        told.clients[visit.client] = client
        if visit.number in ids.packages:
            told.packages[visit.number] = ids.packages[visit.number]
        _tell_of(told, memory, client)
        cards = isinstance(event, Finish)
        for code in (visit.bill.uses_card, visit.bill.sells_card[0] if visit.bill.sells_card else None):
            if cards and code in memory.cards:
                told.cards[str(code)] = memory.cards[str(code)]
    return told


def _tell_of(told: Told, memory: Memory, client: uuid.UUID) -> None:
    if client in memory.holders:
        told.holders.add(client)
    told.balances[client] = client in memory.balances
    if client in memory.consents:
        told.consents[client] = memory.consents[client]
    if client in memory.exams:
        told.exams[client] = memory.exams[client]


def hear(stage: Stage, told: Told) -> None:
    """Take over what another lane told."""
    ids, memory = stage.ids, stage.memory
    ids.clients |= told.clients
    ids.visits |= told.visits
    memory.consents |= told.consents
    memory.exams |= told.exams
    memory.cards |= told.cards
    memory.holders |= told.holders
    ids.packages |= told.packages
    for client, may_have in told.balances.items():
        (memory.balances.add if may_have else memory.balances.discard)(client)
    for label, actor in told.actors.items():
        stage.actors[label] = actor
        ids.staff[label] = actor.id
