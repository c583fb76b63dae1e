"""The walk-in queue: who came without an appointment, the wait they are told, and when they are seated."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import Permission, SoftRule, WalkInStatus
from operational import etag
from operational.booking.availability import Question, Slot, availability
from operational.booking.book import book
from operational.booking.errors import WrongState
from operational.booking.facts import Place, load_facts
from operational.booking.group_schemas import NewWalkIn
from operational.booking.schemas import NewItem, NewVisit
from operational.booking.shape import overlap
from operational.booking.visit import arrive
from operational.identity.access import Actor
from operational.models import Client, StaffMember, WalkIn
from operational.rows import add_row, get_row


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the queue and the wait as it looks now."""

    row: WalkIn
    wait_minutes: int | None


def come(session: Session, actor: Actor, request: NewWalkIn) -> Waiting:
    """Join the queue. The wait that is told counts with those who came before."""
    actor.require(Permission.BOOKING_WRITE, request.location_id)
    get_row(session, Client, request.client_id)
    if request.provider_id is not None:
        get_row(session, StaffMember, request.provider_id)
    row = WalkIn(
        org_id=actor.org_id, status=WalkInStatus.WAITING, came_at=clock.now(), **request.model_dump()
    )
    place = load_facts(session, request.location_id, ()).place
    queue = _waiting(session, place)
    row.quoted_minutes = _waits(session, actor, place, [*queue, row])[-1]
    add_row(session, row)
    return Waiting(row, row.quoted_minutes)


def queue(session: Session, actor: Actor, location_id: uuid.UUID) -> list[Waiting]:
    """Who waits, in the order they came."""
    actor.require(Permission.BOOKING_READ, location_id)
    place = load_facts(session, location_id, ()).place
    rows = _waiting(session, place)
    return [Waiting(row, wait) for row, wait in zip(rows, _waits(session, actor, place, rows), strict=True)]


def seat(
    session: Session,
    actor: Actor,
    walk_in_id: uuid.UUID,
    overrides: Collection[SoftRule],
    if_match: str | None,
) -> Waiting:
    """It is their turn: a visit that starts now and has arrived. Raises what stands in the way of it."""
    row = _open(session, actor, walk_in_id, if_match)
    visit = NewVisit(
        client_id=row.client_id,
        location_id=row.location_id,
        items=[NewItem(service_id=row.service_id, provider_id=row.provider_id)],
        walk_in=True,
        overrides=tuple(overrides),
    )
    booked = book(session, actor, visit)
    arrive(session, actor, booked.id)
    return _end(session, row, WalkInStatus.SEATED, booked.id)


def leave(session: Session, actor: Actor, walk_in_id: uuid.UUID, if_match: str | None) -> Waiting:
    """They did not want to wait any longer."""
    return _end(session, _open(session, actor, walk_in_id, if_match), WalkInStatus.LEFT, None)


def _waiting(session: Session, place: Place) -> list[WalkIn]:
    """Of today: who is still listed from another day has gone."""
    since = clock.now() - timedelta(hours=24)
    statement = (
        select(WalkIn)
        .where(
            WalkIn.location_id == place.id,
            WalkIn.status == WalkInStatus.WAITING,
            WalkIn.came_at >= since,
        )
        .order_by(WalkIn.came_at, WalkIn.id)
    )
    today = place.business_date(clock.now())
    return [row for row in session.scalars(statement) if place.business_date(row.came_at) == today]


def _waits(session: Session, actor: Actor, place: Place, rows: list[WalkIn]) -> list[int | None]:
    """Minutes from now for each in order: everybody takes the first time that those before them leave."""
    now = clock.now()
    taken: list[tuple[uuid.UUID, datetime, datetime]] = []
    waits: list[int | None] = []
    known: dict[tuple[uuid.UUID, uuid.UUID | None], list[Slot]] = {}
    for row in rows:
        key = (row.service_id, row.provider_id)
        if key not in known:
            known[key] = _today(session, actor, place, row)
        waits.append(_first(known[key], taken, now))
    return waits


def _first(slots: list[Slot], taken: list[tuple[uuid.UUID, datetime, datetime]], now: datetime) -> int | None:
    for slot in slots:
        for provider in slot.provider_ids:
            if not any(
                who == provider and overlap((start, end), (slot.starts_at, slot.ends_at))
                for who, start, end in taken
            ):
                taken.append((provider, slot.starts_at, slot.ends_at))
                return max(0, -(-(slot.starts_at - now) // timedelta(minutes=1)))
    return None


def _today(session: Session, actor: Actor, place: Place, row: WalkIn) -> list[Slot]:
    day = place.local_date(clock.now())
    question = Question(place.id, row.service_id, day, day, row.provider_id, step_minutes=5)
    try:
        return availability(session, actor, question)[0]
    except DomainError:
        return []


def _open(session: Session, actor: Actor, walk_in_id: uuid.UUID, if_match: str | None) -> WalkIn:
    row = get_row(session, WalkIn, walk_in_id, lock=True)
    actor.require(Permission.BOOKING_WRITE, row.location_id)
    etag.check_if_match(row, if_match)
    if row.status is not WalkInStatus.WAITING:
        raise WrongState("They do not wait any more.", {"status_now": row.status.value})
    return row


def _end(session: Session, row: WalkIn, status: WalkInStatus, appointment_id: uuid.UUID | None) -> Waiting:
    row.status, row.appointment_id, row.ended_at = status, appointment_id, clock.now()
    session.flush()
    session.refresh(row)
    return Waiting(row, None)
