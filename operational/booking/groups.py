"""Visits that belong together: series of one client, and people who come together. Booked all or none.

All candidates of all visits are locked first, in their order; then each visit is booked by the usual path.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import DomainError, Invalid
from medspa.kernel.vocabulary import Permission, VisitGroupKind
from operational.booking import claim, plan, queries
from operational.booking.availability import Question, Slot, Wanted, availability, next_free
from operational.booking.book import book
from operational.booking.cancel import WAITING
from operational.booking.facts import Facts, facts_for
from operational.booking.group_schemas import NewParty, NewSeries
from operational.booking.schemas import NewItem, NewVisit
from operational.booking.visit import arrive
from operational.identity.access import Actor
from operational.models import VisitGroup, VisitGroupMember
from operational.rows import get_row

ALTERNATIVES = 3


class SeriesConflicts(DomainError):
    """`conflicts`: for each date that cannot be booked its problem and other times."""

    code = "series-conflicts"
    title = "Not every date of the series is free"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A date of a series that cannot be booked as asked, and what could be booked instead."""

    number: int
    starts_at: datetime
    problem: dict[str, Any]
    alternatives: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Group:
    row: VisitGroup
    visits: tuple[queries.VisitRow, ...]
    conflicts: tuple[Conflict, ...] = ()


def book_series(session: Session, actor: Actor, request: NewSeries) -> Group:
    """One client again and again on the wall clock. Raises SeriesConflicts unless `book_free` was said."""
    actor.require(Permission.BOOKING_WRITE, request.location_id)
    facts = facts_for(session, request.location_id, request.items, request.client_id)
    starts = _dates(facts, request)
    _lock_all(
        session,
        [_subjects(facts, request.items, start, request.client_id) for start in starts],
    )
    visits: list[queries.VisitRow] = []
    conflicts: list[Conflict] = []
    for number, start in enumerate(starts):
        visit = NewVisit(
            client_id=request.client_id,
            location_id=request.location_id,
            starts_at=start,
            items=list(request.items),
            overrides=request.overrides,
        )
        try:
            with session.begin_nested():
                visits.append(book(session, actor, visit))
        except DomainError as error:
            local = start.astimezone(ZoneInfo(facts.place.timezone))
            other = _alternatives(session, actor, request, local)
            conflicts.append(Conflict(number, local, error.problem(), other))
    if conflicts and not (request.book_free and visits):
        raise SeriesConflicts(
            "Nothing was booked. Send `instead` for these dates, or `book_free` to book the others.",
            {"conflicts": [as_problem(one) for one in conflicts]},
        )
    row = _group(session, actor, request.location_id, request.kind, request.client_id, True, visits)
    return Group(row, tuple(visits), tuple(conflicts))


def book_party(session: Session, actor: Actor, request: NewParty) -> Group:
    """Several clients at once, each with their own visit. Raises what stands in the way of any of them."""
    actor.require(Permission.BOOKING_WRITE, request.location_id)
    if request.booker_id not in {one.client_id for one in request.visits}:
        raise Invalid("booker_id: one of those who come books for all.")
    subjects, choices = [], []
    for one in request.visits:
        facts = facts_for(session, request.location_id, one.items, one.client_id)
        start = facts.place.instant(one.starts_at or request.starts_at)
        subjects.append(_subjects(facts, one.items, start, one.client_id))
        choices.append(_choices(facts, one.items, start))
    _lock_all(session, subjects)
    booked: dict[int, queries.VisitRow] = {}
    # Who has the least choice comes first: else the only one who can serve them may be given away.
    for number, one in sorted(enumerate(request.visits), key=lambda each: choices[each[0]]):
        booked[number] = book(
            session,
            actor,
            NewVisit(
                client_id=one.client_id,
                location_id=request.location_id,
                starts_at=one.starts_at or request.starts_at,
                items=one.items,
                overrides=request.overrides,
            ),
        )
    visits = [booked[number] for number in range(len(request.visits))]
    kind = VisitGroupKind.TOGETHER
    row = _group(session, actor, request.location_id, kind, request.booker_id, request.one_bill, visits)
    return Group(row, tuple(visits))


def _choices(facts: Facts, items: Sequence[NewItem], start: datetime) -> int:
    """How many could perform the visit's scarcest service."""
    try:
        ways = plan.options(facts, items, start)
    except DomainError:
        return 0
    able: dict[int, set[uuid.UUID]] = {}
    for way in ways:
        for position, item in enumerate(way):
            able.setdefault(position, set()).update(item.providers)
    return min(len(one) for one in able.values())


def arrive_together(session: Session, actor: Actor, group_id: uuid.UUID) -> Group:
    """Everybody of the group who is still expected is here: all of them or nobody."""
    group = get(session, actor, group_id)
    visits = [one for one in group.visits if one.status in WAITING]
    if group.row.kind is not VisitGroupKind.TOGETHER or not visits:
        raise Invalid("Nobody of this group is expected together.")
    for one in visits:
        arrive(session, actor, one.id)
    return get(session, actor, group_id)


def get(session: Session, actor: Actor, group_id: uuid.UUID) -> Group:
    row = get_row(session, VisitGroup, group_id)
    actor.require(Permission.BOOKING_READ, row.location_id)
    members = session.scalars(
        select(VisitGroupMember.appointment_id)
        .where(VisitGroupMember.group_id == group_id)
        .order_by(VisitGroupMember.position)
    ).all()
    return Group(row, tuple(sorted(queries.visits(session, members), key=lambda one: members.index(one.id))))


def as_problem(conflict: Conflict) -> dict[str, Any]:
    return {
        "number": conflict.number,
        "starts_at": conflict.starts_at.isoformat(),
        "problem": conflict.problem,
        "alternatives": [one.starts_at.isoformat() for one in conflict.alternatives],
    }


def _dates(facts: Facts, request: NewSeries) -> list[datetime]:
    """The instants of the series: the same wall-clock time again, or as `instead` says."""
    if request.starts:
        return [facts.place.instant(one) for one in request.starts]
    if request.starts_at is None:
        raise Invalid("starts_at: send the first time, or all of them as starts.")
    zone = ZoneInfo(facts.place.timezone)
    wall = facts.place.instant(request.starts_at).astimezone(zone).replace(tzinfo=None)
    instead = {one.number: one.starts_at for one in request.instead}
    if any(number >= request.times for number in instead):
        raise Invalid("instead: there is no such date in the series.")
    return [
        facts.place.instant(instead.get(number, wall + number * timedelta(days=request.every_days)))
        for number in range(request.times)
    ]


def _subjects(facts: Facts, items: Sequence[NewItem], start: datetime, client_id: uuid.UUID) -> Iterable[str]:
    """What a visit may lock; nothing when it cannot be planned at all: booking it says why."""
    try:
        return plan.subjects_of(plan.options(facts, items, start), client_id)
    except DomainError:
        return []


def _lock_all(session: Session, subjects: Iterable[Iterable[str]]) -> None:
    claim.lock(session, {one for some in subjects for one in some})


def _alternatives(session: Session, actor: Actor, request: NewSeries, wanted: datetime) -> tuple[Slot, ...]:
    """The nearest free times of that day; without any, the next one after it."""
    first, *then = request.items
    question = Question(
        request.location_id, first.service_id, wanted.date(), wanted.date(), first.provider_id,
        request.client_id, then=tuple(Wanted(one.service_id, one.provider_id) for one in then),
    )  # fmt: skip
    try:
        slots, _ = availability(session, actor, question)
        if slots:
            return tuple(sorted(slots, key=lambda one: abs(one.starts_at - wanted))[:ALTERNATIVES])
        later = next_free(session, actor, replace(question, first=wanted.date() + timedelta(days=1)))
    except DomainError:
        return ()
    return () if later is None else (later,)


def _group(
    session: Session,
    actor: Actor,
    location_id: uuid.UUID,
    kind: VisitGroupKind,
    booker_id: uuid.UUID,
    one_bill: bool,
    visits: Sequence[queries.VisitRow],
) -> VisitGroup:
    row = VisitGroup(
        org_id=actor.org_id, location_id=location_id, kind=kind, booker_id=booker_id, one_bill=one_bill
    )
    session.add(row)
    session.flush()
    session.add_all(
        VisitGroupMember(org_id=actor.org_id, group_id=row.id, appointment_id=one.id, position=number)
        for number, one in enumerate(visits)
    )
    session.flush()
    return row
