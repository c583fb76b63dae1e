"""Add services to a visit and take them off, by the path of booking: its claims are made anew."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import AppointmentEvent, InvoiceStatus, Permission, SoftRule
from operational import etag
from operational.booking import claim, plan, queries
from operational.booking.errors import WrongState
from operational.booking.facts import Facts, load_facts
from operational.booking.move import MOVABLE, planned, rewrite
from operational.booking.schemas import Move, NewItem
from operational.booking.shape import Asked
from operational.identity.access import Actor
from operational.models import Appointment, AppointmentItem, Invoice, InvoiceLine, TreatmentRecord


def add_items(
    session: Session,
    actor: Actor,
    appointment_id: uuid.UUID,
    wanted: Sequence[NewItem],
    overrides: Collection[SoftRule],
    if_match: str | None,
) -> queries.VisitRow:
    """Further services, after the ones there are unless they say when. The others stay as they are."""
    appointment, row = _changing(session, actor, appointment_id, if_match)
    facts = _facts(session, row, wanted)
    kept = planned(facts, row, Move())
    last = max(item.client_time[1] for item in kept)
    used = session.scalar(
        select(func.max(AppointmentItem.position)).where(AppointmentItem.appointment_id == appointment_id)
    )
    added = plan.options(facts, wanted, last, first_position=(used or 0) + 1)
    ways = [(*kept, *one) for one in added]
    for items in ways:
        plan.check_times(items, may_have_begun=True)
    return _write(session, actor, appointment, row, facts, ways, overrides, rules=facts)


def remove_item(
    session: Session, actor: Actor, appointment_id: uuid.UUID, item_id: uuid.UUID, if_match: str | None
) -> queries.VisitRow:
    """Take a service off. The last one cannot be: cancel the visit then."""
    appointment, row = _changing(session, actor, appointment_id, if_match)
    if item_id not in {item.id for item in row.items}:
        raise NotFound("The visit has no such item.")
    if len(row.items) == 1:
        raise WrongState("It is the only service of the visit: cancel the visit instead.")
    _refuse_used(session, item_id)
    facts = _facts(session, row, ())
    kept = tuple(item for item in planned(facts, row, Move()) if item.id != item_id)
    return _write(session, actor, appointment, row, facts, [kept], ())


def _changing(
    session: Session, actor: Actor, appointment_id: uuid.UUID, if_match: str | None
) -> tuple[Appointment, queries.VisitRow]:
    appointment = queries.locked(session, appointment_id)
    actor.require(Permission.BOOKING_WRITE, appointment.location_id)
    etag.check_if_match(appointment, if_match)
    if appointment.status not in MOVABLE:
        raise WrongState(
            "Only a visit that is booked, confirmed or arrived can be changed.",
            {"status_now": appointment.status.value},
        )
    return appointment, queries.visit(session, appointment_id)


def _facts(session: Session, row: queries.VisitRow, wanted: Sequence[NewItem]) -> Facts:
    return load_facts(
        session,
        row.location_id,
        {one.service_id for one in row.items} | {one.service_id for one in wanted},
        {one.provider_id for one in row.items}
        | {one.provider_id for one in wanted if one.provider_id is not None},
        {r.resource_id for item in row.items for r in item.resources}
        | {id_ for one in wanted for id_ in one.resource_ids},
        row.client_id,
    )


def _write(
    session: Session,
    actor: Actor,
    appointment: Appointment,
    row: queries.VisitRow,
    facts: Facts,
    ways: Sequence[Sequence[Asked]],
    overrides: Collection[SoftRule],
    *,
    rules: Facts | None = None,
) -> queries.VisitRow:
    visit = claim.Visit(
        id=row.id,
        is_new=False,
        place=facts.place,
        client_id=row.client_id,
        status=row.status,
        event=AppointmentEvent.ITEMS_CHANGED,
        arrived_at=row.arrived_at,
    )
    settled = [item.id for item in row.items]
    return rewrite(session, actor, appointment, row, visit, ways, overrides, rules, settled=settled)


def _refuse_used(session: Session, item_id: uuid.UUID) -> None:
    charted = select(TreatmentRecord.id).where(TreatmentRecord.appointment_item_id == item_id)
    if session.scalars(charted.limit(1)).first() is not None:
        raise WrongState("It is charted: complete the visit and say what was not performed.")
    billed = (
        select(InvoiceLine.id)
        .join(Invoice, (Invoice.org_id == InvoiceLine.org_id) & (Invoice.id == InvoiceLine.invoice_id))
        .where(InvoiceLine.appointment_item_id == item_id, Invoice.status != InvoiceStatus.VOIDED)
    )
    if session.scalars(billed.limit(1)).first() is not None:
        raise WrongState("It is invoiced: void the invoice first.")
