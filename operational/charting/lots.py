"""Lots: receiving, wasting, stock and recall. Stock is the sum of movements; the lot's row is the lock."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import LotMovementKind, NoteStatus, Permission
from operational.charting.errors import LotExpired, LotUnusable, StockShort
from operational.charting.facts import business_date_at
from operational.charting.schemas import NewLot, Waste
from operational.identity.access import Actor
from operational.models import LotMovement, Product, ProductLot, TreatmentRecord
from operational.rows import add_row, get_row


@dataclass(frozen=True, slots=True)
class Stock:
    """A lot with its movements summed per kind, in thousandths."""

    id: uuid.UUID
    product_id: uuid.UUID
    location_id: uuid.UUID
    lot_number: str
    expires_on: dt.date
    on_hand_milli: int
    movements: dict[LotMovementKind, int]


@dataclass(frozen=True, slots=True)
class Treated:
    """A client who was treated from a lot."""

    client_id: uuid.UUID
    treatment_record_id: uuid.UUID
    performed_at: dt.datetime
    quantity_milli: int | None


def receive(session: Session, actor: Actor, sent: NewLot) -> ProductLot:
    """Take stock in; a known lot of the same number grows. Raises Invalid when it has expired already."""
    actor.require(Permission.STOCK_MANAGE, sent.location_id)
    product = get_row(session, Product, sent.product_id)
    today = business_date_at(session, sent.location_id)
    if sent.expires_on < today:
        raise LotExpired("Send it back; an expired lot is not taken in.")
    # The product's row serialises two desks that receive one lot at the same time.
    session.execute(select(Product.id).where(Product.id == product.id).with_for_update())
    lot = session.scalar(
        select(ProductLot).where(
            ProductLot.location_id == sent.location_id,
            ProductLot.product_id == product.id,
            ProductLot.lot_number == sent.lot_number,
        )
    )
    if lot is None:
        lot = add_row(
            session,
            ProductLot(
                org_id=actor.org_id,
                product_id=product.id,
                location_id=sent.location_id,
                lot_number=sent.lot_number,
                expires_on=sent.expires_on,
            ),
        )
    elif lot.expires_on != sent.expires_on:
        raise Invalid(f"expires_on: this lot is recorded as expiring on {lot.expires_on}.")
    _move(session, actor, lot, LotMovementKind.RECEIVED, sent.quantity_milli, today)
    return lot


def waste(session: Session, actor: Actor, lot_id: uuid.UUID, sent: Waste) -> ProductLot:
    """Take stock out that was not given to anybody. Raises StockShort."""
    lot = get_row(session, ProductLot, lot_id, lock=True)
    actor.require(Permission.STOCK_MANAGE, lot.location_id)
    today = business_date_at(session, lot.location_id)
    _take(session, actor, lot, LotMovementKind.WASTED, sent.quantity_milli, today, reason=sent.reason)
    return lot


def chart(session: Session, actor: Actor, record: TreatmentRecord) -> None:
    """Take what a treatment used out of its lot. Raises LotUnusable, LotExpired, StockShort."""
    if record.lot_id is None or record.quantity_milli is None:
        return
    lot = get_row(session, ProductLot, record.lot_id, lock=True)
    check_usable(lot, record.product_id, record.location_id, record.business_date)
    _take(
        session,
        actor,
        lot,
        LotMovementKind.CHARTED,
        record.quantity_milli,
        record.business_date,
        treatment_record_id=record.id,
    )


def check_usable(lot: ProductLot, product_id: uuid.UUID | None, location_id: uuid.UUID, on: dt.date) -> None:
    """Raises LotUnusable for another product or location, LotExpired after its last day."""
    if lot.product_id != product_id or lot.location_id != location_id:
        raise LotUnusable("Choose a lot of this product that was received at this location.")
    if lot.expires_on < on:
        raise LotExpired(f"It could be used until {lot.expires_on}; take another lot.")


def on_hand(session: Session, lot_id: uuid.UUID) -> int:
    """What the lot holds now, in thousandths."""
    found = session.scalar(select(func.sum(LotMovement.quantity_milli)).where(LotMovement.lot_id == lot_id))
    return int(found or 0)


def stocks(session: Session, lots: Sequence[ProductLot]) -> list[Stock]:
    """Lots with their stock, in the given order."""
    sums: dict[uuid.UUID, dict[LotMovementKind, int]] = {}
    rows = session.execute(
        select(LotMovement.lot_id, LotMovement.kind, func.sum(LotMovement.quantity_milli))
        .where(LotMovement.lot_id.in_([lot.id for lot in lots]))
        .group_by(LotMovement.lot_id, LotMovement.kind)
    )
    for lot_id, kind, quantity in rows:
        sums.setdefault(lot_id, {})[kind] = int(quantity)
    return [
        Stock(
            lot.id,
            lot.product_id,
            lot.location_id,
            lot.lot_number,
            lot.expires_on,
            sum(sums.get(lot.id, {}).values()),
            sums.get(lot.id, {}),
        )
        for lot in lots
    ]


def recall(
    session: Session, actor: Actor, lot_id: uuid.UUID, after: uuid.UUID | None, limit: int
) -> list[Treated]:
    """Everybody treated from a lot, by treatment record."""
    actor.require(Permission.CHART_READ)
    get_row(session, ProductLot, lot_id)
    query = select(
        TreatmentRecord.client_id,
        TreatmentRecord.id.label("treatment_record_id"),
        TreatmentRecord.performed_at,
        TreatmentRecord.quantity_milli,
    ).where(TreatmentRecord.lot_id == lot_id, TreatmentRecord.status == NoteStatus.SIGNED)
    if after is not None:
        query = query.where(TreatmentRecord.id > after)
    return [Treated(*row) for row in session.execute(query.order_by(TreatmentRecord.id).limit(limit))]


def _take(
    session: Session,
    actor: Actor,
    lot: ProductLot,
    kind: LotMovementKind,
    quantity_milli: int,
    on: dt.date,
    *,
    treatment_record_id: uuid.UUID | None = None,
    reason: str | None = None,
) -> None:
    held = on_hand(session, lot.id)
    if held < quantity_milli:
        raise StockShort(
            "Receive stock, or take another lot.", {"on_hand_milli": held, "asked_milli": quantity_milli}
        )
    _move(session, actor, lot, kind, -quantity_milli, on, treatment_record_id, reason)


def _move(
    session: Session,
    actor: Actor,
    lot: ProductLot,
    kind: LotMovementKind,
    quantity_milli: int,
    on: dt.date,
    treatment_record_id: uuid.UUID | None = None,
    reason: str | None = None,
) -> None:
    session.add(
        LotMovement(
            org_id=actor.org_id,
            lot_id=lot.id,
            kind=kind,
            quantity_milli=quantity_milli,
            treatment_record_id=treatment_record_id,
            business_date=on,
            reason=reason,
        )
    )
    session.flush()
