"""What a location writes by itself: about visits that were booked, moved or cancelled, and ahead of them.

Nothing is written far in advance. A reminder comes into being when it is due, so it follows a visit wherever
it is moved; whether it still goes out is decided once more when it is claimed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import (
    AppointmentEvent,
    AppointmentStatus,
    CancelledBy,
    OnlineState,
    TaskKind,
)
from medspa.kernel.vocabulary import MessageKind as K
from operational.consent.status import standings
from operational.messaging.claim import CANCELLED, WAITING
from operational.messaging.outbox import queue
from operational.models import (
    Appointment,
    AppointmentHistory,
    AppointmentItem,
    AppointmentNotice,
    LocationMessaging,
    OnlineBooking,
    Service,
    Task,
)

SETTLES = timedelta(seconds=60)
"""A change that is undone within this time was never told."""
AT_ONCE = 200

UNDECIDED = (OnlineState.PENDING, OnlineState.REQUESTED)
"""A visit that the processor or the practice has yet to say yes to: its client is told afterwards.

So it is where one phone number or e-mail address has more visits than it may: it may be somebody else's.
"""
# What was booked, moved or restored after the moment a reminder was due has just been told.
_AHEAD = text(
    """
    select a.id from appointment a
    where a.location_id = :location and a.status = any (:statuses)
      and not exists (
          select from online_booking o
          where o.org_id = a.org_id and o.appointment_id = a.id and o.state = any (:undecided)
      )
      and not exists (
          select from task t
          where t.org_id = a.org_id and t.appointment_id = a.id and t.kind = :many and t.done_at is null
      )
      and a.starts_at > :after and a.starts_at <= :until
      and not exists (
          select from message m where m.org_id = a.org_id and m.appointment_id = a.id and m.kind = :kind
            and m.about_start = a.starts_at and m.dedupe like :dedupe
      )
      and (
          select max(h.happened_at) from appointment_history h
          where h.org_id = a.org_id and h.appointment_id = a.id
            and h.event in ('booked', 'moved', 'restored')
      ) <= a.starts_at - make_interval(mins => :minutes)
    order by a.starts_at, a.id
    limit :limit
    """
)


@dataclass(frozen=True, slots=True)
class Step:
    """A message so many minutes before the start, of use until the next one is due."""

    kind: K
    minutes: int
    until_minutes: int


def look_ahead(session: Session) -> int:
    """Write what is due before visits, at every location of the organization; how many messages."""
    made = 0
    for rules in session.scalars(select(LocationMessaging).order_by(LocationMessaging.location_id)).all():
        for step in steps(rules):
            for appointment_id in _ahead(session, rules.location_id, step):
                made += _remind(session, appointment_id, step)
    return made


def steps(rules: LocationMessaging) -> Iterator[Step]:
    """Reminders and requests to confirm take turns; forms are asked for beside them."""
    ladder = [(one, K.REMINDER) for one in rules.reminder_minutes]
    ladder += [(one, K.CONFIRMATION_REQUEST) for one in rules.confirmation_minutes]
    yield from _in_turn(sorted(ladder, reverse=True))
    yield from _in_turn([(one, K.FORMS_OUTSTANDING) for one in sorted(rules.forms_minutes, reverse=True)])


def _in_turn(ladder: Sequence[tuple[int, K]]) -> Iterator[Step]:
    untils = [*(minutes for minutes, _ in ladder[1:]), 0]
    for (minutes, kind), until in zip(ladder, untils, strict=False):
        yield Step(kind, minutes, until)


def _ahead(session: Session, location_id: uuid.UUID, step: Step) -> list[uuid.UUID]:
    now = clock.now()
    statuses = [AppointmentStatus.BOOKED.value]
    if step.kind is not K.CONFIRMATION_REQUEST:
        statuses.append(AppointmentStatus.CONFIRMED.value)
    asked = {
        "location": location_id, "statuses": statuses, "kind": step.kind.value, "minutes": step.minutes,
        "after": now + timedelta(minutes=step.until_minutes), "until": now + timedelta(minutes=step.minutes),
        "dedupe": f"%:{step.minutes}:%", "limit": AT_ONCE, "undecided": [one.value for one in UNDECIDED],
        "many": TaskKind.MANY_BOOKINGS.value,
    }  # fmt: skip
    return list(session.scalars(_AHEAD, asked))


def _remind(session: Session, appointment_id: uuid.UUID, step: Step) -> int:
    """With the visit locked: nobody moves or cancels it before this is committed."""
    visit = _locked(session, appointment_id)
    now = clock.now()
    if visit.status not in WAITING or not timedelta() < visit.starts_at - now <= _minutes(step.minutes):
        return 0
    if step.kind is K.FORMS_OUTSTANDING and not forms_outstanding(session, visit, now):
        return 0
    made = queue(
        session,
        kind=step.kind,
        client_id=visit.client_id,
        location_id=visit.location_id,
        appointment_id=visit.id,
        drop_after=visit.starts_at - _minutes(step.until_minutes),
        dedupe=_once(step, visit.id, visit.starts_at),
    )
    return len(made)


def _once(step: Step, appointment_id: uuid.UUID, start: datetime) -> str:
    return f"{step.kind.value}:{appointment_id}:{step.minutes}:{int(start.timestamp())}"


def forms_outstanding(session: Session, visit: Appointment, at: datetime) -> bool:
    """Whether a form that the visit needs is not signed, or not in its current version."""
    asked = session.scalars(
        select(Service.consent_template_id)
        .join(
            AppointmentItem,
            (AppointmentItem.org_id == Service.org_id) & (AppointmentItem.service_id == Service.id),
        )
        .where(
            AppointmentItem.appointment_id == visit.id,
            AppointmentItem.removed_at.is_(None),
            Service.consent_template_id.is_not(None),
        )
    )
    wanted = {one for one in asked if one is not None}
    found = standings(session, visit.client_id, wanted, at) if wanted else []
    return any(one.status != "valid" for one in found)


def tell_changes(session: Session) -> int:
    """Write about visits that were booked, moved or cancelled and have settled; how many messages."""
    undecided = select(OnlineBooking.appointment_id).where(
        OnlineBooking.appointment_id.is_not(None), OnlineBooking.state.in_(UNDECIDED)
    )
    many = (Task.kind == TaskKind.MANY_BOOKINGS) & Task.done_at.is_(None) & Task.appointment_id.is_not(None)
    ripe = session.scalars(
        select(AppointmentNotice.appointment_id)
        .where(
            AppointmentNotice.appointment_id.not_in(undecided),
            AppointmentNotice.appointment_id.not_in(select(Task.appointment_id).where(many)),
        )
        .group_by(AppointmentNotice.appointment_id)
        .having(func.max(AppointmentNotice.created_at) <= clock.now() - SETTLES)
        .limit(AT_ONCE)
    ).all()
    return sum(_tell(session, appointment_id) for appointment_id in ripe)


def _tell(session: Session, appointment_id: uuid.UUID) -> int:
    visit = _locked(session, appointment_id)
    notices = session.scalars(
        delete(AppointmentNotice)
        .where(AppointmentNotice.appointment_id == appointment_id)
        .returning(AppointmentNotice)
    ).all()
    if not notices:
        return 0
    notices = sorted(notices, key=lambda one: one.history_id)
    rules = session.scalar(
        select(LocationMessaging).where(LocationMessaging.location_id == visit.location_id)
    )
    kind = _what_happened(session, visit, notices)
    if kind is None or rules is None or kind.value not in rules.automatic:
        return 0
    made = queue(
        session,
        kind=kind,
        client_id=visit.client_id,
        location_id=visit.location_id,
        appointment_id=visit.id,
        drop_after=visit.starts_at,
        dedupe=f"notice:{notices[-1].history_id}",
    )
    return len(made)


def _what_happened(session: Session, visit: Appointment, notices: Sequence[AppointmentNotice]) -> K | None:
    """All that happened since the client was last told, as one message; None: nothing they need to know."""
    events = {one.event for one in notices}
    new = AppointmentEvent.BOOKED in events
    if visit.status in CANCELLED:
        # Cancelled to make place for another time: that visit is told about.
        told = not new and visit.cancelled_by is not CancelledBy.RESCHEDULE
        return K.CANCELLED if told else None
    if visit.status not in WAITING or visit.starts_at <= clock.now():
        return None
    if new:
        return K.BOOKING_CONFIRMED if visit.rescheduled_from_id is None else K.MOVED
    before = _told_before(session, visit.id, notices[0])
    if before is None:
        return K.BOOKING_CONFIRMED
    return K.MOVED if before != visit.starts_at else None


def _told_before(session: Session, appointment_id: uuid.UUID, first: AppointmentNotice) -> datetime | None:
    """The time that stood before these changes; None: the visit did not stand."""
    last = session.scalars(
        select(AppointmentHistory)
        .where(
            AppointmentHistory.appointment_id == appointment_id,
            AppointmentHistory.id < first.history_id,
        )
        .order_by(AppointmentHistory.happened_at.desc(), AppointmentHistory.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None or last.event.value in {one.value for one in CANCELLED}:
        return None
    return last.scheduled_start


def _locked(session: Session, appointment_id: uuid.UUID) -> Appointment:
    statement = select(Appointment).where(Appointment.id == appointment_id).with_for_update(read=True)
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def _minutes(count: int) -> timedelta:
    return timedelta(minutes=count)
