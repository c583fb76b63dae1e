"""Working time of providers. A shift is never deleted and never taken from under a booked visit."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import Permission
from operational import etag
from operational.booking import claim
from operational.booking.errors import ProviderNotEligible, ShiftInUse, ShiftOverlaps
from operational.booking.facts import Facts, load_facts
from operational.booking.schedule_schemas import NewPattern
from operational.booking.schemas import NewShift
from operational.identity.access import Actor
from operational.models import Location, Shift

LONGEST_PATTERN = timedelta(days=366)
_UNCOVERED = text("select booking_time_without_shift(:staff, :location, :since, :until)")


def add_shift(session: Session, actor: Actor, request: NewShift) -> Shift:
    """A shift of an active provider. Raises ShiftOverlaps when they already work at that time anywhere."""
    return add_shifts(session, actor, [request])[0]


def add_shifts(session: Session, actor: Actor, requests: Sequence[NewShift]) -> list[Shift]:
    """All of them, or none. Raises as add_shift does."""
    made = []
    known: dict[tuple[uuid.UUID, uuid.UUID], Facts] = {}
    for request in requests:
        who = request.location_id, request.staff_id
        if who not in known:
            known[who] = _working(session, actor, *who)
        made.append(_add(session, actor, known[who], request))
    return made


def _working(session: Session, actor: Actor, location_id: uuid.UUID, staff_id: uuid.UUID) -> Facts:
    """The location and the provider, whose shifts nobody else changes meanwhile."""
    actor.require(Permission.SCHEDULE_MANAGE, location_id)
    facts = load_facts(session, location_id, (), [staff_id])
    if staff_id not in facts.named_staff:
        raise NotFound("There is no such staff member.")
    if not facts.named_staff[staff_id]:
        raise ProviderNotEligible("The staff member is not an active provider.")
    _lock(session, staff_id)
    return facts


def _add(session: Session, actor: Actor, facts: Facts, request: NewShift) -> Shift:
    starts_at, ends_at = facts.place.instant(request.starts_at), facts.place.instant(request.ends_at)
    if not starts_at < ends_at <= starts_at + timedelta(hours=24):
        raise Invalid("ends_at: after starts_at and at most 24 hours later.")
    overlapping = select(Shift.id).where(
        Shift.staff_id == request.staff_id,
        Shift.active,
        Shift.starts_at >= starts_at - timedelta(hours=24),
        Shift.starts_at < ends_at,
        Shift.ends_at > starts_at,
    )
    if session.scalars(overlapping.limit(1)).first() is not None:
        raise ShiftOverlaps
    shift = Shift(
        org_id=actor.org_id,
        staff_id=request.staff_id,
        location_id=request.location_id,
        starts_at=starts_at,
        ends_at=ends_at,
        active=True,
    )
    session.add(shift)
    session.flush()
    return shift


def add_pattern(session: Session, actor: Actor, request: NewPattern) -> list[Shift]:
    """Every shift of a weekly pattern, or none. Raises as add_shift does."""
    actor.require(Permission.SCHEDULE_MANAGE, request.location_id)
    if not timedelta() <= request.last - request.first <= LONGEST_PATTERN:
        raise Invalid("last: on or after the first day, and at most a year later.")
    place = load_facts(session, request.location_id, ()).place
    asked = []
    for number in range((request.last - request.first).days + 1):
        day = request.first + timedelta(days=number)
        if number // 7 % request.every_weeks:
            continue
        for span in (one for one in request.spans if one.weekday == day.weekday()):
            ends_on = day if span.ends > span.starts else day + timedelta(days=1)
            shift = NewShift(
                staff_id=request.staff_id,
                location_id=request.location_id,
                starts_at=clock.from_local(datetime.combine(day, span.starts), place.timezone, fold=0),
                ends_at=clock.from_local(datetime.combine(ends_on, span.ends), place.timezone, fold=1),
            )
            asked.append(shift)
    return add_shifts(session, actor, asked)


def end_shift(session: Session, actor: Actor, shift_id: uuid.UUID, if_match: str | None) -> Shift:
    """Take a shift out of use. Raises ShiftInUse when visits would be left without one."""
    shift = get_shift(session, actor, shift_id)
    actor.require(Permission.SCHEDULE_MANAGE, shift.location_id)
    _lock(session, shift.staff_id)
    session.refresh(shift, with_for_update=True)
    etag.check_if_match(shift, if_match)
    shift.active = False
    session.flush()
    values = {
        "staff": shift.staff_id,
        "location": shift.location_id,
        "since": shift.starts_at,
        "until": shift.ends_at,
    }
    if session.execute(_UNCOVERED, values).scalar_one():
        raise ShiftInUse
    return shift


def get_shift(session: Session, actor: Actor, shift_id: uuid.UUID) -> Shift:
    found = session.scalars(select(Shift).where(Shift.id == shift_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such shift.")
    actor.require(Permission.BOOKING_READ, found.location_id)
    return found


def find_shifts(
    session: Session,
    actor: Actor,
    location_id: uuid.UUID,
    since: datetime,
    until: datetime,
    staff_id: uuid.UUID | None,
    limit: int,
    after: uuid.UUID | None,
) -> list[Shift]:
    """Active shifts at a location that overlap [since, until), by id, from one past `after` on."""
    actor.require(Permission.BOOKING_READ, location_id)
    location = session.scalars(select(Location).where(Location.id == location_id)).one_or_none()
    if location is None:
        raise NotFound("There is no such location.")
    statement = select(Shift).where(
        Shift.location_id == location_id,
        Shift.active,
        Shift.starts_at >= since - timedelta(hours=24),
        Shift.starts_at < until,
        Shift.ends_at > since,
    )
    if staff_id is not None:
        statement = statement.where(Shift.staff_id == staff_id)
    if after is not None:
        statement = statement.where(Shift.id > after)
    return list(session.scalars(statement.order_by(Shift.id).limit(limit)))


def _lock(session: Session, staff_id: uuid.UUID) -> None:
    """The provider's booking lock: no visit is booked into a shift while it changes."""
    claim.lock(session, [staff_id])
