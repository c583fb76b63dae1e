"""Visits that end before they take place: cancellations with the notice rule, and no-shows, with their fees.

Releasing time needs no lock on subjects: locks guard what becomes less available.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import update
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import (
    AppointmentEvent,
    AppointmentStatus,
    CancelledBy,
    CancelReason,
    Permission,
    TaskKind,
)
from operational.booking import history, must_move, queries
from operational.booking.errors import NotStarted, WrongState
from operational.booking.facts import Place, load_facts
from operational.checkout.fees import charge_fee
from operational.identity.access import Actor
from operational.leads.tasks import finish_all
from operational.models import Appointment, Occupancy

WAITING = (AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED)
FEE_WAIVED = "fee_waived"


def is_late(visit: Appointment | queries.VisitRow, place: Place, at: datetime) -> bool:
    """Later than the notice before the start. The boundary itself is on time."""
    return at > visit.starts_at - timedelta(minutes=place.notice_minutes)


def cancel(
    session: Session,
    actor: Actor,
    appointment_id: uuid.UUID,
    *,
    by: Literal["client", "practice"],
    reason: CancelReason | None = None,
    waive_fee: bool = False,
) -> queries.VisitRow:
    """By the client inside the notice period it is late, for good, and costs the location's fee.

    A visit that the practice could not keep is never late: its client was told that this costs nothing.
    """
    appointment, place = _waiting(session, actor, appointment_id)
    late = (
        by == "client"
        and is_late(appointment, place, clock.now())
        and not must_move.is_noted(session, appointment)
    )
    status = AppointmentStatus.LATE_CANCELLED if late else AppointmentStatus.CANCELLED
    release(session, actor, appointment, place, status, CancelledBy(by), reason, waived=late and waive_fee)
    if late:
        charge(session, actor, appointment, late_cancel=True, waived=waive_fee)
    return queries.visit(session, appointment_id)


def no_show(
    session: Session, actor: Actor, appointment_id: uuid.UUID, *, waive_fee: bool = False
) -> queries.VisitRow:
    """Only after the start. Costs the location's fee, unless the practice could not keep the visit."""
    appointment, place = _waiting(session, actor, appointment_id)
    expected = not must_move.is_noted(session, appointment)
    if clock.now() <= appointment.starts_at:
        raise NotStarted("A client can only be missing after the start of the visit.")
    release(
        session,
        actor,
        appointment,
        place,
        AppointmentStatus.NO_SHOW,
        None,
        None,
        waived=waive_fee and expected,
    )
    if expected:
        charge(session, actor, appointment, late_cancel=False, waived=waive_fee)
    return queries.visit(session, appointment_id)


def release(
    session: Session,
    actor: Actor,
    appointment: Appointment,
    place: Place,
    status: AppointmentStatus,
    by: CancelledBy | None,
    reason: CancelReason | None,
    *,
    waived: bool = False,
) -> None:
    """End a visit that will not take place and free its time."""
    appointment.status = status
    if by is not None:
        appointment.cancelled_at = clock.now()
        appointment.cancelled_by = by
    release_claims(session, appointment.id)
    override = FEE_WAIVED if waived else None
    history.append(
        session, actor, appointment, place, AppointmentEvent(status.value), reason=reason, override=override
    )
    session.flush()
    must_move.settle(session, actor, appointment.id)
    finish_all(session, actor, TaskKind.MANY_BOOKINGS, appointment_id=appointment.id)


def release_claims(session: Session, appointment_id: uuid.UUID) -> None:
    session.execute(
        update(Occupancy)
        .where(Occupancy.appointment_id == appointment_id, Occupancy.active)
        .values(active=False)
        .execution_options(synchronize_session=False)
    )


def charge(
    session: Session, actor: Actor, appointment: Appointment, *, late_cancel: bool, waived: bool
) -> None:
    """The location's fee, unless somebody with the permission waives it (recorded in the history)."""
    if waived:
        actor.require(Permission.BOOKING_OVERRIDE, appointment.location_id)
        return
    charge_fee(session, actor, appointment, late_cancel=late_cancel)


def _waiting(session: Session, actor: Actor, appointment_id: uuid.UUID) -> tuple[Appointment, Place]:
    appointment = queries.locked(session, appointment_id)
    actor.require(Permission.BOOKING_WRITE, appointment.location_id)
    if appointment.status not in WAITING:
        raise WrongState(
            "Only a visit that is booked or confirmed can end this way.",
            {"status_now": appointment.status.value},
        )
    return appointment, load_facts(session, appointment.location_id, ()).place
