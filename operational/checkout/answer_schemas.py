"""What POSTs of checkout answer: ids and amounts only, for answers are kept. Requests are in schemas.py."""

from __future__ import annotations

import uuid
from datetime import date

from pydantic import BaseModel

from medspa.kernel.vocabulary import LineKind, PaymentPurpose, PaymentStatus, Tender


class LineIssued(BaseModel):
    id: uuid.UUID
    kind: LineKind
    appointment_item_id: uuid.UUID | None
    gift_card_id: uuid.UUID | None
    package_id: uuid.UUID | None
    membership_period_id: uuid.UUID | None
    covered_by: uuid.UUID | None
    quantity_milli: int
    list_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int


class InvoiceIssued(BaseModel):
    id: uuid.UUID
    location_id: uuid.UUID
    currency: str
    business_date: date
    due_on: date
    net_minor: int
    tax_minor: int
    total_minor: int
    lines: list[LineIssued]


class PaymentAnswer(BaseModel):
    """`unknown`: the processor's word is awaited; the payment's own page tells how it ended."""

    id: uuid.UUID
    location_id: uuid.UUID
    invoice_id: uuid.UUID | None
    purpose: PaymentPurpose
    tender: Tender
    status: PaymentStatus
    currency: str
    amount_minor: int
    tip_minor: int
    rounding_minor: int
    tendered_minor: int | None
    change_minor: int | None


class ApplicationAnswer(BaseModel):
    id: uuid.UUID
    invoice_id: uuid.UUID
    source: str
    currency: str
    amount_minor: int
    due_minor: int


class CreditLineAnswer(BaseModel):
    invoice_line_id: uuid.UUID
    net_minor: int
    tax_minor: int


class CreditMemoAnswer(BaseModel):
    """`payable_minor`: what was paid of the invoice and may now be paid out."""

    id: uuid.UUID
    invoice_id: uuid.UUID
    location_id: uuid.UUID
    currency: str
    total_minor: int
    payable_minor: int
    lines: list[CreditLineAnswer]


class PayoutAnswer(BaseModel):
    id: uuid.UUID
    location_id: uuid.UUID
    credit_memo_id: uuid.UUID | None
    payment_id: uuid.UUID | None
    tender: Tender | None
    status: PaymentStatus
    currency: str
    amount_minor: int
    tip_minor: int
    rounding_minor: int


class VoidAnswer(BaseModel):
    id: uuid.UUID
    status: str
