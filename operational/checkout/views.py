"""What GETs of checkout show: documents with their client, so protected health information."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import (
    Account,
    AllocationSource,
    CreditReason,
    DiscountReason,
    InvoiceStatus,
    LineKind,
    PaymentPurpose,
    PaymentStatus,
    Permission,
    Tender,
)
from operational.checkout.refundable import payable_of_memo, total_of_memo
from operational.client_records import payer_of
from operational.identity.access import Actor
from operational.ledger.balances import invoice_open_minor, liability_minor
from operational.models import Allocation, Client, CreditMemo, CreditMemoLine, Invoice, InvoiceLine, Tip
from operational.privacy.schemas import PhiSchema


class Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class LineView(Row):
    id: uuid.UUID
    position: int
    kind: LineKind
    service_id: uuid.UUID | None
    product_id: uuid.UUID | None
    provider_id: uuid.UUID | None
    appointment_item_id: uuid.UUID | None
    treatment_record_id: uuid.UUID | None
    gift_card_id: uuid.UUID | None
    package_id: uuid.UUID | None
    membership_period_id: uuid.UUID | None
    covered_by: uuid.UUID | None
    quantity_milli: int
    charted_quantity_milli: int | None
    quantity_reason: str | None
    unit_price_minor: int
    list_minor: int
    discount_minor: int
    discount_reason: DiscountReason | None
    net_minor: int
    tax_minor: int


class AllocationView(Row):
    id: uuid.UUID
    source: AllocationSource
    payment_id: uuid.UUID | None
    gift_card_id: uuid.UUID | None
    amount_minor: int
    business_date: date


class InvoiceSummary(PhiSchema):
    """`open_minor`: what is owed now; negative while a credit memo is not paid out."""

    id: uuid.UUID
    number: str
    client_id: uuid.UUID
    location_id: uuid.UUID
    appointment_id: uuid.UUID | None
    currency: str
    business_date: date
    due_on: date
    status: InvoiceStatus
    issued_at: datetime
    open_minor: int


class InvoiceView(InvoiceSummary):
    lines: list[LineView]
    allocations: list[AllocationView]


class TipView(Row):
    provider_id: uuid.UUID
    amount_minor: int


class PaymentView(PhiSchema):
    id: uuid.UUID
    client_id: uuid.UUID
    location_id: uuid.UUID
    drawer_session_id: uuid.UUID
    invoice_id: uuid.UUID | None
    appointment_id: uuid.UUID | None
    purpose: PaymentPurpose
    tender: Tender
    status: PaymentStatus
    currency: str
    amount_minor: int
    tip_minor: int
    rounding_minor: int
    tendered_minor: int | None
    change_minor: int | None
    business_date: date | None
    check_number: str | None
    card_brand: str | None
    card_last_four: str | None
    decline_code: str | None
    tips: list[TipView]


class CreditLineView(Row):
    invoice_line_id: uuid.UUID
    net_minor: int
    tax_minor: int


class CreditMemoView(PhiSchema):
    id: uuid.UUID
    number: str
    invoice_id: uuid.UUID
    client_id: uuid.UUID
    location_id: uuid.UUID
    currency: str
    business_date: date
    reason: CreditReason
    total_minor: int
    payable_minor: int
    lines: list[CreditLineView]


class PayoutView(PhiSchema):
    id: uuid.UUID
    client_id: uuid.UUID
    location_id: uuid.UUID
    credit_memo_id: uuid.UUID | None
    payment_id: uuid.UUID | None
    drawer_session_id: uuid.UUID | None
    tender: Tender | None
    status: PaymentStatus
    currency: str
    amount_minor: int
    tip_minor: int
    rounding_minor: int
    business_date: date | None
    decline_code: str | None
    failed_on: date | None
    """When it became known that it came back after it had succeeded: it is account credit now."""


class PayerBalances(PhiSchema):
    client_id: uuid.UUID
    deposits_minor: int
    account_credit_minor: int


class BalancesView(PhiSchema):
    """What is owed to a client, over all locations."""

    client_id: uuid.UUID
    deposits_minor: int
    account_credit_minor: int
    payer: PayerBalances | None = Field(
        None, description="Of who pays for the client; shown with `payment.household`."
    )


class GiftCardBalance(BaseModel):
    gift_card_id: uuid.UUID
    currency: str
    balance_minor: int


def fields_of(row: Any, **more: Any) -> dict[str, Any]:
    """A row's columns beside figures that are not stored."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns} | more


def invoice_summary(session: Session, invoice: Invoice) -> dict[str, Any]:
    return fields_of(invoice, open_minor=invoice_open_minor(session, invoice.id))


def invoice_in_full(session: Session, invoice: Invoice) -> dict[str, Any]:
    lines = session.scalars(
        select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id).order_by(InvoiceLine.position)
    )
    allocations = session.scalars(
        select(Allocation).where(Allocation.invoice_id == invoice.id).order_by(Allocation.id)
    )
    return invoice_summary(session, invoice) | {"lines": list(lines), "allocations": list(allocations)}


def payment_in_full(session: Session, payment: Any) -> dict[str, Any]:
    tips: Sequence[Tip] = session.scalars(
        select(Tip).where(Tip.payment_id == payment.id).order_by(Tip.provider_id)
    ).all()
    return fields_of(payment, tips=tips)


def credit_memo_in_full(session: Session, memo: CreditMemo) -> dict[str, Any]:
    lines = session.scalars(
        select(CreditMemoLine).where(CreditMemoLine.credit_memo_id == memo.id).order_by(CreditMemoLine.id)
    )
    return fields_of(
        memo,
        total_minor=total_of_memo(session, memo.id),
        payable_minor=payable_of_memo(session, memo),
        lines=list(lines),
    )


def balances_with_payer(session: Session, actor: Actor, client_id: uuid.UUID) -> dict[str, Any]:
    """A client's balances, and those of who pays for them for who may use these."""
    payer = payer_of(session, client_id) if actor.may(Permission.PAYMENT_HOUSEHOLD) else None
    theirs = balances_of(session, payer) if payer is not None else None
    return balances_of(session, client_id) | {"payer": theirs}


def balances_of(session: Session, client_id: uuid.UUID) -> dict[str, Any]:
    if session.scalar(select(Client.id).where(Client.id == client_id)) is None:
        raise NotFound("There is no such client.")
    return {
        "client_id": client_id,
        "deposits_minor": liability_minor(session, Account.CLIENT_DEPOSITS, client_id=client_id),
        "account_credit_minor": liability_minor(session, Account.ACCOUNT_CREDIT, client_id=client_id),
    }
