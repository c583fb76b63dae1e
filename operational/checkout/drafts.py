"""What an invoice will charge, before it is priced: lines from the visit, the shelf and gift cards.

Quantities of services billed by unit come from signed treatment records; another quantity needs a reason.
Issuing lives in invoices.py.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.money import MILLI
from medspa.kernel.vocabulary import (
    AppointmentStatus,
    LineKind,
    NoteStatus,
    QuantityReason,
)
from operational.checkout.billed import Billed, billed
from operational.checkout.errors import AlreadyInvoiced, NotCharted, NothingToInvoice, QuantityNeedsReason
from operational.checkout.schemas import DiscountIn, GiftCardLineIn, RetailLineIn, ServiceLineIn
from operational.models import (
    Appointment,
    AppointmentItem,
    MembershipPeriod,
    PackagePlan,
    Product,
    Service,
    TreatmentRecord,
)
from operational.prepaid.entitlements import Held
from operational.prepaid.errors import NotCovered

NO_TAX = "none"
"""Gift cards are taxed when they are redeemed, not when they are sold."""
BILLABLE = (AppointmentStatus.ARRIVED, AppointmentStatus.COMPLETED)


@dataclass(frozen=True, slots=True)
class Draft:
    """One line to be. `tax_class` picks the rates; a gift card's `code` becomes its row."""

    kind: LineKind
    quantity_milli: int
    unit_price_minor: int
    tax_class: str
    service_id: uuid.UUID | None = None
    product_id: uuid.UUID | None = None
    category_id: uuid.UUID | None = None
    provider_id: uuid.UUID | None = None
    appointment_item_id: uuid.UUID | None = None
    treatment_record_id: uuid.UUID | None = None
    charted_quantity_milli: int | None = None
    quantity_reason: QuantityReason | None = None
    discount: DiscountIn | None = None
    code: str | None = None
    plan: PackagePlan | None = None
    period: MembershipPeriod | None = None
    cover: Cover | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """What of an entitlement pays for a line: then the line's price is what a dearer service costs more."""

    held: Held
    quantity_milli: int
    value_minor: int


def code_digest(org_id: uuid.UUID, code: str) -> str:
    """How a gift card's code is kept and found again: hyphens and case do not matter."""
    return hashlib.sha256(f"{org_id}:{code.replace('-', '').upper()}".encode()).hexdigest()


def service_drafts(
    session: Session,
    appointment: Appointment,
    asked: Sequence[ServiceLineIn] | None,
    held: Mapping[uuid.UUID, Held] | None = None,
) -> list[Draft]:
    """Lines of a visit. The caller holds the appointment's row, so that no item is billed twice.

    `held` are the entitlements that lines name. Raises NothingToInvoice, AlreadyInvoiced, NotCharted,
    QuantityNeedsReason, NotCovered, NotFound.
    """
    if appointment.status not in BILLABLE:
        raise NothingToInvoice(
            f"The appointment is {appointment.status.value}: only performed items are invoiced."
        )
    items = {item.id: item for item in _items(session, appointment.id)}
    on_invoices = billed(session, items)
    records = _records(session, items)
    done = {key for key, one in on_invoices.items() if not _is_left(one, records.get(key, []))}
    if asked is None:
        asked = [
            ServiceLineIn(appointment_item_id=item.id)
            for item in items.values()
            if item.id not in done and (item.performed or records.get(item.id))
        ]
    drafts = []
    for line in asked:
        item = items.get(line.appointment_item_id)
        if item is None:
            raise NotFound("The appointment has no such item.")
        if item.id in done:
            raise AlreadyInvoiced(extra={"appointment_item_id": str(item.id)})
        if not item.performed and not records.get(item.id):
            raise NothingToInvoice(extra={"appointment_item_id": str(item.id)})
        cover = None if line.entitlement_id is None else (held or {})[line.entitlement_id]
        drafts += _of_item(session, item, records.get(item.id, []), line, cover, on_invoices.get(item.id))
    _refuse_twice(drafts)
    return drafts


def _items(session: Session, appointment_id: uuid.UUID) -> Sequence[AppointmentItem]:
    return session.scalars(
        select(AppointmentItem)
        .where(AppointmentItem.appointment_id == appointment_id, AppointmentItem.removed_at.is_(None))
        .order_by(AppointmentItem.position)
        .execution_options(populate_existing=True)
    ).all()


def _is_left(on_invoices: Billed, records: Sequence[TreatmentRecord]) -> bool:
    """Whether something of an item may be billed again: nothing stands, or less than was charted."""
    return not on_invoices.standing or any(on_invoices.left(one) for one in records)


def _records(
    session: Session, items: dict[uuid.UUID, AppointmentItem]
) -> dict[uuid.UUID, list[TreatmentRecord]]:
    found: dict[uuid.UUID, list[TreatmentRecord]] = {}
    rows = session.scalars(
        select(TreatmentRecord)
        .where(TreatmentRecord.appointment_item_id.in_(items), TreatmentRecord.status == NoteStatus.SIGNED)
        .order_by(TreatmentRecord.performed_at, TreatmentRecord.id)
    )
    for row in rows:
        if row.appointment_item_id is not None:
            found.setdefault(row.appointment_item_id, []).append(row)
    return found


def _of_item(
    session: Session,
    item: AppointmentItem,
    records: list[TreatmentRecord],
    line: ServiceLineIn,
    held: Held | None,
    on_invoices: Billed | None,
) -> list[Draft]:
    service = session.scalars(select(Service).where(Service.id == item.service_id)).one()
    if not service.billed_by_unit:
        if line.quantity_milli not in (None, MILLI):
            raise Invalid("This service is billed per visit; leave quantity_milli out.")
        draft = Draft(
            LineKind.SERVICE, MILLI, service.price_minor, service.tax_class,
            service_id=service.id, category_id=service.category_id, provider_id=item.provider_id,
            appointment_item_id=item.id, discount=line.discount,
        )  # fmt: skip
        return [draft] if held is None else [_session_covered(session, draft, held)]
    chosen = [
        record for record in records
        if record.product_id is not None and record.quantity_milli is not None
        and line.treatment_record_id in (None, record.id)
    ]  # fmt: skip
    if not chosen:
        raise NotCharted(extra={"appointment_item_id": str(item.id)})
    if len(chosen) > 1 and (line.quantity_milli is not None or line.discount is not None):
        raise Invalid("Name the treatment_record_id: this item has several treatment records.")
    left = {one.id: on_invoices.left(one) if on_invoices else one.quantity_milli or 0 for one in chosen}
    chosen = [one for one in chosen if left[one.id]]
    if not chosen:
        raise AlreadyInvoiced(extra={"appointment_item_id": str(item.id)})
    drafts = [_of_record(session, service, item, record, line, left[record.id]) for record in chosen]
    return drafts if held is None else [part for draft in drafts for part in _units_covered(draft, held)]


def _session_covered(session: Session, draft: Draft, held: Held) -> Draft:
    """One session. A dearer service of the same category is charged with the difference."""
    row = held.entitlement
    if row.product_id is not None:
        raise NotCovered("This entitlement holds units of a product.")
    dearer = max(draft.unit_price_minor - row.standalone_minor, 0)
    if row.service_id == draft.service_id:
        dearer = 0
    elif dearer == 0 or draft.category_id != session.scalar(
        select(Service.category_id).where(Service.id == row.service_id)
    ):
        raise NotCovered("This entitlement is for another service.")
    return replace(draft, unit_price_minor=dearer, cover=Cover(held, MILLI, held.take(MILLI)))


def _units_covered(draft: Draft, held: Held) -> list[Draft]:
    """As many units as are left; the rest is charged on a line of its own."""
    row = held.entitlement
    if row.service_id != draft.service_id or row.product_id != draft.product_id:
        raise NotCovered("This entitlement is for another service or product.")
    if draft.quantity_reason is not None or draft.discount is not None:
        raise Invalid("Units that are covered are those of the chart, without a discount.")
    quantity = min(draft.quantity_milli, held.remaining_milli)
    parts = [
        replace(
            draft, quantity_milli=quantity, charted_quantity_milli=quantity, unit_price_minor=0,
            cover=Cover(held, quantity, held.take(quantity)),
        )
    ]  # fmt: skip
    rest = draft.quantity_milli - quantity
    return [*parts, replace(draft, quantity_milli=rest, charted_quantity_milli=rest)] if rest else parts


def _of_record(
    session: Session,
    service: Service,
    item: AppointmentItem,
    record: TreatmentRecord,
    line: ServiceLineIn,
    charted: int,
) -> Draft:
    product = session.scalars(select(Product).where(Product.id == record.product_id)).one()
    quantity = charted if line.quantity_milli is None else line.quantity_milli
    if quantity != charted and line.quantity_reason is None:
        raise QuantityNeedsReason(
            extra={"charted_quantity_milli": charted, "treatment_record_id": str(record.id)}
        )
    return Draft(
        LineKind.SERVICE, quantity, product.price_minor, product.tax_class,
        service_id=service.id, product_id=product.id, category_id=record.category_id,
        provider_id=record.provider_id, appointment_item_id=item.id, treatment_record_id=record.id,
        charted_quantity_milli=charted,
        quantity_reason=line.quantity_reason if quantity != charted else None, discount=line.discount,
    )  # fmt: skip


def _refuse_twice(drafts: Sequence[Draft]) -> None:
    keys = [(one.appointment_item_id, one.treatment_record_id, one.cover is None) for one in drafts]
    if len(set(keys)) != len(keys):
        raise Invalid("An item of the visit is named twice.")


def retail_drafts(session: Session, lines: Sequence[RetailLineIn]) -> list[Draft]:
    """Goods from the shelf. Raises NotFound for what is not sold over the counter."""
    drafts = []
    for line in lines:
        product = session.scalar(
            select(Product).where(Product.id == line.product_id, Product.active, Product.is_retail)
        )
        if product is None:
            raise NotFound("There is no such retail product.")
        drafts.append(
            Draft(
                LineKind.RETAIL, line.quantity * MILLI, product.price_minor, product.tax_class,
                product_id=product.id, category_id=product.category_id, provider_id=line.provider_id,
                discount=line.discount,
            )
        )  # fmt: skip
    return drafts


def gift_card_drafts(lines: Sequence[GiftCardLineIn]) -> list[Draft]:
    return [Draft(LineKind.GIFT_CARD, MILLI, line.value_minor, NO_TAX, code=line.code) for line in lines]
