"""Undo the last change of a visit within a minute: back to exactly what it was, if its time is still free.

What a visit was after each event is kept with its history (SQL 45). Booking is undone by cancelling.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import (
    AppointmentEvent,
    AppointmentStatus,
    CancelledBy,
    InvoiceStatus,
    Permission,
    SoftRule,
)
from operational import etag
from operational.booking import claim, history, queries
from operational.booking.charged import refuse_charged
from operational.booking.errors import TooLate, WrongState
from operational.booking.facts import Facts, load_facts
from operational.booking.move import length, rewrite
from operational.booking.plan import kept_item
from operational.booking.queries import ItemRow, item_of
from operational.booking.shape import Asked, Need
from operational.identity.access import Actor
from operational.models import Appointment, AppointmentHistory, AppointmentItem, AppointmentState, Invoice

UNDO_FOR = timedelta(minutes=1)
NOT_UNDONE = (
    AppointmentEvent.BOOKED,
    AppointmentEvent.RESTORED,
    AppointmentEvent.UNDONE,
    AppointmentEvent.MUST_MOVE,
)


def undo(session: Session, actor: Actor, appointment_id: uuid.UUID, if_match: str | None) -> queries.VisitRow:
    """Raises TooLate, WrongState, FeeStands, or what stands in the way of the earlier time."""
    appointment = queries.locked(session, appointment_id)
    actor.require(Permission.BOOKING_WRITE, appointment.location_id)
    etag.check_if_match(appointment, if_match)
    state = _state_before(session, appointment)
    row = queries.visit(session, appointment_id)
    items = [item_of(one, row.starts_at.tzinfo) for one in state["items"]]
    status = AppointmentStatus(state["status"])
    if appointment.status.holds_time and _same_time(row, items):
        facts = load_facts(session, row.location_id, ())
        appointment.status = status
        appointment.arrived_at = _instant(state["arrived_at"])
        history.append(session, actor, appointment, facts.place, AppointmentEvent.UNDONE)
    else:
        facts = _facts(session, row, items)
        visit = claim.Visit(
            id=row.id,
            is_new=False,
            place=facts.place,
            client_id=row.client_id,
            status=status,
            event=AppointmentEvent.UNDONE,
            arrived_at=_instant(state["arrived_at"]),
        )
        asked = tuple(_as_it_was(facts, item) for item in items)
        rewrite(session, actor, appointment, row, visit, [asked], (), granted=_granted(session, row.id))
    _rest(session, appointment_id, state, items)
    return queries.visit(session, appointment_id)


def _state_before(session: Session, appointment: Appointment) -> dict[str, Any]:
    """What the visit was before its last event, if that can be undone."""
    statement = (
        select(AppointmentHistory, AppointmentState.state)
        .join(
            AppointmentState,
            (AppointmentState.org_id == AppointmentHistory.org_id)
            & (AppointmentState.history_id == AppointmentHistory.id),
        )
        .where(AppointmentHistory.appointment_id == appointment.id)
        .order_by(AppointmentHistory.happened_at.desc(), AppointmentHistory.id.desc())
        .limit(2)
    )
    found = session.execute(statement).all()
    if len(found) < 2 or found[0][0].event in NOT_UNDONE:
        raise WrongState("The last change cannot be undone.", {"status_now": appointment.status.value})
    last = found[0][0]
    # A clock that was set back makes the newest entry of the history one that is not the last.
    if not timedelta() <= clock.now() - last.happened_at <= UNDO_FOR:
        raise TooLate("Change the visit instead.")
    _refuse_settled(session, appointment, last.event)
    state: dict[str, Any] = found[1][1]
    return state


def _refuse_settled(session: Session, appointment: Appointment, event: AppointmentEvent) -> None:
    refuse_charged(session, appointment.id)
    if appointment.cancelled_by is CancelledBy.RESCHEDULE:
        raise WrongState("The visit was rescheduled: move the new one.")
    if event is AppointmentEvent.COMPLETED:
        billed = select(Invoice.id).where(
            Invoice.appointment_id == appointment.id, Invoice.status == InvoiceStatus.ISSUED
        )
        if session.scalars(billed.limit(1)).first() is not None:
            raise WrongState("The visit was invoiced: void the invoice first.")


def _same_time(row: queries.VisitRow, items: list[ItemRow]) -> bool:
    def time(item: ItemRow) -> tuple[Any, ...]:
        resources = sorted(one.resource_id for one in item.resources)
        return (item.id, item.provider_id, item.starts_at, item.provider_ends_at, item.ends_at, resources)

    return sorted(map(time, row.items)) == sorted(map(time, items))


def _facts(session: Session, row: queries.VisitRow, items: list[ItemRow]) -> Facts:
    return load_facts(
        session,
        row.location_id,
        {item.service_id for item in items},
        {item.provider_id for item in items},
        {one.resource_id for item in items for one in item.resources},
    )


def _as_it_was(facts: Facts, item: ItemRow) -> Asked:
    service = facts.service(item.service_id)
    needs = [(Need(r.kind, r.tag, r.row_id, r.resource_id), r.resource_id) for r in item.resources]
    return kept_item(
        facts, item.id, item.position, service, item.starts_at, item.provider_id,
        length(facts, service, item, item.provider_id), needs,
    )  # fmt: skip


def _granted(session: Session, appointment_id: uuid.UUID) -> set[SoftRule]:
    """The soft rules that the visit was allowed to break so far."""
    found = session.scalars(
        select(AppointmentHistory.override).where(
            AppointmentHistory.appointment_id == appointment_id, AppointmentHistory.override.is_not(None)
        )
    )
    words = {word for one in found if one is not None for word in one.split(",")}
    return {rule for rule in SoftRule if rule.value in words}


def _rest(session: Session, appointment_id: uuid.UUID, state: dict[str, Any], items: list[ItemRow]) -> None:
    """What is no claim: when it was completed, and what was performed."""
    session.flush()
    session.execute(
        update(Appointment)
        .where(Appointment.id == appointment_id)
        .values(completed_at=_instant(state["completed_at"]))
        .execution_options(synchronize_session=False)
    )
    for item in items:
        session.execute(
            update(AppointmentItem)
            .where(AppointmentItem.id == item.id)
            .values(performed=item.performed, not_performed_reason=item.not_performed_reason)
            .execution_options(synchronize_session=False)
        )
    session.expire_all()


def _instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
