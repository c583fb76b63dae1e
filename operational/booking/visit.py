"""A visit that takes place: confirmed, arrived, completed, or ended without treatment."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import AppointmentEvent, AppointmentStatus, Permission
from operational.booking import history, queries
from operational.booking.cancel import release_claims
from operational.booking.errors import WrongState
from operational.booking.facts import Place, load_facts
from operational.booking.schemas import PerformedItem
from operational.charting.gates import check_gates
from operational.identity.access import Actor
from operational.models import Appointment, AppointmentItem


def confirm(session: Session, actor: Actor, appointment_id: uuid.UUID) -> queries.VisitRow:
    """The client said they will come."""
    appointment, place = _in(session, actor, appointment_id, AppointmentStatus.BOOKED)
    return _enter(session, actor, appointment, place, AppointmentStatus.CONFIRMED)


def arrive(
    session: Session, actor: Actor, appointment_id: uuid.UUID, gate_overrides: Mapping[str, str] | None = None
) -> queries.VisitRow:
    """The client is here, on the day of the visit, and nothing stands in the way of treating them.

    Raises GateFailed with what to do.
    """
    appointment, place = _in(
        session, actor, appointment_id, AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED
    )
    now = clock.now()
    if place.business_date(now) != appointment.business_date:
        raise WrongState(
            "A client arrives on the day of the visit; move the visit first.",
            {"business_date": appointment.business_date.isoformat()},
        )
    check_gates(session, actor, appointment_id, "arrive", gate_overrides)
    appointment.arrived_at = now
    return _enter(session, actor, appointment, place, AppointmentStatus.ARRIVED)


def complete(
    session: Session,
    actor: Actor,
    appointment_id: uuid.UUID,
    items: Sequence[PerformedItem] = (),
    gate_overrides: Mapping[str, str] | None = None,
) -> queries.VisitRow:
    """The visit took place. Items that are not named were performed; at least one was."""
    appointment, place = _in(session, actor, appointment_id, AppointmentStatus.ARRIVED)
    answers = {one.item_id: one for one in items}
    own = session.scalars(
        select(AppointmentItem).where(
            AppointmentItem.appointment_id == appointment_id, AppointmentItem.removed_at.is_(None)
        )
    ).all()
    if set(answers) - {item.id for item in own}:
        raise Invalid("items: an item_id is not of this visit.")
    for item in own:
        answer = answers.get(item.id)
        item.performed = answer is None or answer.performed
        item.not_performed_reason = answer.reason.value if answer is not None and answer.reason else None
    if not any(item.performed for item in own):
        raise WrongState("Nothing was performed: end the visit as not treated instead.")
    session.flush()
    check_gates(session, actor, appointment_id, "complete", gate_overrides)
    appointment.completed_at = clock.now()
    return _enter(session, actor, appointment, place, AppointmentStatus.COMPLETED)


def not_treated(session: Session, actor: Actor, appointment_id: uuid.UUID) -> queries.VisitRow:
    """The client came and was seen, and nothing was performed."""
    return _end(session, actor, appointment_id, AppointmentStatus.ARRIVED_NOT_TREATED)


def left(session: Session, actor: Actor, appointment_id: uuid.UUID) -> queries.VisitRow:
    """The client came and left before anybody treated them."""
    return _end(session, actor, appointment_id, AppointmentStatus.LEFT_BEFORE_SERVICE)


def _end(
    session: Session, actor: Actor, appointment_id: uuid.UUID, status: AppointmentStatus
) -> queries.VisitRow:
    appointment, place = _in(session, actor, appointment_id, AppointmentStatus.ARRIVED)
    release_claims(session, appointment_id)
    return _enter(session, actor, appointment, place, status)


def _in(
    session: Session, actor: Actor, appointment_id: uuid.UUID, *states: AppointmentStatus
) -> tuple[Appointment, Place]:
    """The appointment, locked, in one of these states."""
    appointment = queries.locked(session, appointment_id)
    actor.require(Permission.BOOKING_WRITE, appointment.location_id)
    if appointment.status not in states:
        allowed = " or ".join(state.value.replace("_", " ") for state in states)
        raise WrongState(f"The visit must be {allowed}.", {"status_now": appointment.status.value})
    return appointment, load_facts(session, appointment.location_id, ()).place


def _enter(
    session: Session, actor: Actor, appointment: Appointment, place: Place, status: AppointmentStatus
) -> queries.VisitRow:
    appointment.status = status
    history.append(session, actor, appointment, place, AppointmentEvent(status.value))
    session.flush()
    return queries.visit(session, appointment.id)
