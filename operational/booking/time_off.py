"""Time off: providers away, rooms and devices out of service, locations closed. It counts once approved.

Approved under the booking locks of whom it is about, so that nobody is booked into it meanwhile; visits that
were booked before stay until somebody moves them (affected.py).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError, Invalid, NotFound
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import OffSubject, Permission, TimeOffStatus
from operational import etag
from operational.booking import claim, must_move
from operational.booking.errors import WrongState
from operational.booking.facts import Place, load_facts
from operational.booking.schedule_schemas import NewTimeOff
from operational.identity.access import Actor
from operational.models import Credential, Resource, Shift, StaffMember, TimeOff
from operational.rows import get_row

_IN_IT = text("select booking_visits_in(:kind, :subject, :location, :since, :until)")


class VisitsInTheWay(DomainError):
    """`appointments` are booked in this time."""

    code = "visits-in-the-way"
    title = "Visits are booked in this time"


def add(session: Session, actor: Actor, request: NewTimeOff) -> tuple[list[TimeOff], list[uuid.UUID]]:
    """(the time off, each time of it a row; the visits that are booked in it). Raises VisitsInTheWay.

    Who only asks for time of their own needs no permission to decide.
    """
    place = load_facts(session, request.location_id, ()).place
    if not (request.request and request.subject_id == actor.staff_id):
        actor.require(Permission.SCHEDULE_MANAGE, request.location_id)
    _check_subject(session, place, request)
    status = TimeOffStatus.REQUESTED if request.request else TimeOffStatus.APPROVED
    spans = _times(place, request)
    series = new_id() if len(spans) > 1 else None
    rows = [
        TimeOff(
            org_id=actor.org_id, id=new_id(), location_id=request.location_id,
            subject_kind=request.subject_kind, subject_id=request.subject_id,
            starts_at=start, ends_at=end, status=status, reason=request.reason, paid=request.paid,
            series_id=series, asked_by=actor.staff_id,
            decided_by=None if request.request else actor.staff_id,
            decided_at=None if request.request else clock.now(),
        )
        for start, end in spans
    ]  # fmt: skip
    affected = _affected(session, rows, keep=request.request or request.keep_visits)
    session.add_all(rows)
    session.flush()
    return rows, affected


def approve(
    session: Session,
    actor: Actor,
    time_off_id: uuid.UUID,
    if_match: str | None,
    *,
    keep_visits: bool,
    following: bool = False,
) -> tuple[TimeOff, list[uuid.UUID]]:
    """Let requested time off count, with `following` all that is requested later in its series too.

    Raises VisitsInTheWay.
    """
    rows = _requested(session, actor, time_off_id, if_match, following)
    affected = _affected(session, rows, keep=keep_visits)
    _decide(session, actor, rows, TimeOffStatus.APPROVED)
    return rows[0], affected


def decline(
    session: Session, actor: Actor, time_off_id: uuid.UUID, if_match: str | None, *, following: bool = False
) -> TimeOff:
    rows = _requested(session, actor, time_off_id, if_match, following)
    _decide(session, actor, rows, TimeOffStatus.DECLINED)
    return rows[0]


def end(
    session: Session, actor: Actor, time_off_id: uuid.UUID, if_match: str | None, *, following: bool = False
) -> TimeOff:
    """Give the time back to booking: this one, or with `following` all later ones of its series too.

    Withdrawing what is only requested leaves what was approved.
    """
    row = get(session, actor, time_off_id, lock=True)
    if not (row.status is TimeOffStatus.REQUESTED and row.asked_by == actor.staff_id is not None):
        actor.require(Permission.SCHEDULE_MANAGE, row.location_id)
    etag.check_if_match(row, if_match)
    if row.status not in (TimeOffStatus.REQUESTED, TimeOffStatus.APPROVED):
        raise WrongState("It does not count any more.", {"status_now": row.status.value})
    rows = [row]
    if following:
        rows += _later(session, row, {row.status, TimeOffStatus.REQUESTED})
    counted = [one for one in rows if one.status is TimeOffStatus.APPROVED]
    _decide(session, actor, rows, TimeOffStatus.ENDED)
    for one in counted:
        for visit in set(visits_in(session, one)) - _kept_away(session, one):
            must_move.settle(session, actor, visit)
    return row


def get(session: Session, actor: Actor, time_off_id: uuid.UUID, *, lock: bool = False) -> TimeOff:
    row = get_row(session, TimeOff, time_off_id, lock=lock)
    actor.require(Permission.BOOKING_READ, row.location_id)
    return row


def listed(
    session: Session,
    actor: Actor,
    location_id: uuid.UUID,
    since: datetime,
    until: datetime,
    *,
    subject_id: uuid.UUID | None = None,
    status: TimeOffStatus | None = None,
) -> list[TimeOff]:
    """What overlaps [since, until): decided at the location, or of a provider who works there."""
    actor.require(Permission.BOOKING_READ, location_id)
    here = select(Credential.staff_id).where(Credential.location_id == location_id)
    statement = select(TimeOff).where(
        (TimeOff.location_id == location_id) | TimeOff.subject_id.in_(here),
        TimeOff.ends_at > since,
        TimeOff.starts_at < until,
    )
    if subject_id is not None:
        statement = statement.where(TimeOff.subject_id == subject_id)
    if status is not None:
        statement = statement.where(TimeOff.status == status)
    return list(session.scalars(statement.order_by(TimeOff.starts_at, TimeOff.id)))


def visits_in(session: Session, row: TimeOff) -> list[uuid.UUID]:
    """The visits that still wait and hold time of the subject in it, by start."""
    values = {
        "kind": row.subject_kind,
        "subject": row.subject_id,
        "location": row.location_id,
        "since": row.starts_at,
        "until": row.ends_at,
    }
    return list(session.execute(_IN_IT, values).scalar_one() or ())


def _affected(session: Session, rows: Sequence[TimeOff], *, keep: bool) -> list[uuid.UUID]:
    _lock(session, rows[0])
    found = list(dict.fromkeys(one for row in rows for one in visits_in(session, row)))
    if found and not keep:
        raise VisitsInTheWay(
            "Move them first, or take the time with keep_visits and move them afterwards.",
            {"appointments": [str(one) for one in found]},
        )
    return found


def _kept_away(session: Session, row: TimeOff) -> set[uuid.UUID]:
    """Visits that other time off still stands in the way of at that time."""
    others = select(TimeOff).where(
        TimeOff.status == TimeOffStatus.APPROVED,
        TimeOff.ends_at > row.starts_at,
        TimeOff.starts_at < row.ends_at,
    )
    return {visit for other in session.scalars(others) for visit in visits_in(session, other)}


def _lock(session: Session, row: TimeOff) -> None:
    """What booking into it would lock: of a location, its providers, for every visit has one."""
    subjects: Iterable[uuid.UUID] = [row.subject_id]
    if row.subject_kind is OffSubject.LOCATION:
        subjects = session.scalars(
            select(Credential.staff_id).where(Credential.location_id == row.location_id).distinct()
        )
    claim.lock(session, subjects)


def _times(place: Place, request: NewTimeOff) -> list[tuple[datetime, datetime]]:
    """Every time of it as instants: repeated on the wall clock of the location."""
    zone = ZoneInfo(place.timezone)
    first, last = place.instant(request.starts_at), place.instant(request.ends_at)
    if not first < last <= first + timedelta(days=400):
        raise Invalid("ends_at: after starts_at and at most 400 days later.")
    if request.repeat is None:
        return [(first, last)]
    weeks = timedelta(weeks=request.repeat.every_weeks)
    if last - first > weeks:
        raise Invalid("repeat: one time would run into the next.")
    start, end = first.astimezone(zone).replace(tzinfo=None), last.astimezone(zone).replace(tzinfo=None)
    return [
        (place.instant(start + number * weeks), place.instant(end + number * weeks))
        for number in range(request.repeat.times)
    ]


def _check_subject(session: Session, place: Place, request: NewTimeOff) -> None:
    kind, id_ = request.subject_kind, request.subject_id
    if kind is OffSubject.LOCATION:
        if id_ != request.location_id:
            raise Invalid("subject_id: a location is closed as a whole; send its id.")
    elif kind is OffSubject.PROVIDER:
        get_row(session, StaffMember, id_)
        if not _works_there(session, place, request):
            raise Invalid(
                "The provider does not work at this location. Choose a location where they have shifts or a"
                " valid credential."
            )
    else:
        row = get_row(session, Resource, id_)
        if row.location_id != request.location_id or row.kind.value != kind.value:
            raise NotFound(f"There is no such {kind.value} at this location.")


def _works_there(session: Session, place: Place, request: NewTimeOff) -> bool:
    """Whether a credential is valid there then or later, or a shift is."""
    start = place.instant(request.starts_at)
    credential = select(Credential.id).where(
        Credential.staff_id == request.subject_id,
        Credential.location_id == request.location_id,
        Credential.valid_until > place.local_date(start),
    )
    shift = select(Shift.id).where(
        Shift.staff_id == request.subject_id,
        Shift.location_id == request.location_id,
        Shift.active,
        Shift.ends_at > start,
    )
    return bool(session.scalar(select(credential.exists() | shift.exists())))


def _requested(
    session: Session, actor: Actor, time_off_id: uuid.UUID, if_match: str | None, following: bool
) -> list[TimeOff]:
    """What is to be decided, locked, the one that was named first."""
    row = get(session, actor, time_off_id, lock=True)
    actor.require(Permission.SCHEDULE_MANAGE, row.location_id)
    etag.check_if_match(row, if_match)
    if row.status is not TimeOffStatus.REQUESTED:
        raise WrongState("It was decided before.", {"status_now": row.status.value})
    return [row, *(_later(session, row, {TimeOffStatus.REQUESTED}) if following else ())]


def _later(session: Session, row: TimeOff, states: Iterable[TimeOffStatus]) -> Sequence[TimeOff]:
    """The later ones of its series in these states, locked."""
    if row.series_id is None:
        return []
    later = select(TimeOff).where(
        TimeOff.series_id == row.series_id, TimeOff.starts_at > row.starts_at, TimeOff.status.in_(states)
    )
    return session.scalars(later.order_by(TimeOff.starts_at, TimeOff.id).with_for_update()).all()


def _decide(session: Session, actor: Actor, rows: Sequence[TimeOff], status: TimeOffStatus) -> None:
    """The first of them is read again, for its ETag."""
    for row in rows:
        row.status = status
        row.decided_by = actor.staff_id
        row.decided_at = clock.now()
    session.flush()
    session.refresh(rows[0])
