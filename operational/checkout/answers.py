"""From rows to what POSTs answer: kept with the request's key, so ids and amounts only."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import PaymentStatus
from operational.checkout import answer_schemas
from operational.checkout.claims import StoredAnswer
from operational.checkout.credit import Credited
from operational.checkout.errors import CardDeclined
from operational.checkout.idempotency import answer, refusal
from operational.checkout.invoices import Issued
from operational.checkout.queries import found
from operational.checkout.refundable import payable_of_memo
from operational.ledger.balances import invoice_open_minor
from operational.models import Allocation, CreditMemoLine, Invoice, Payment, Payout

MOVED, AWAITED = 201, 202


def of_invoice(issued: Issued) -> StoredAnswer:
    invoice = issued.invoice
    body = answer_schemas.InvoiceIssued(
        id=invoice.id,
        location_id=invoice.location_id,
        currency=invoice.currency,
        business_date=invoice.business_date,
        due_on=invoice.due_on,
        net_minor=issued.net_minor,
        tax_minor=issued.tax_minor,
        total_minor=issued.net_minor + issued.tax_minor,
        lines=[answer_schemas.LineIssued.model_validate(line, from_attributes=True) for line in issued.lines],
    )
    return answer(MOVED, body, invoice.location_id)


def of_payment(session: Session, payment_id: uuid.UUID) -> StoredAnswer:
    """201 taken, 202 awaiting the processor's word, 402 declined."""
    payment = found(session, Payment, payment_id, "payment")
    if payment.status is PaymentStatus.DECLINED:
        return _declined(payment, "payment_id")
    body = answer_schemas.PaymentAnswer.model_validate(payment, from_attributes=True)
    return answer(_status(payment), body, payment.location_id)


def of_payout(session: Session, payout_id: uuid.UUID) -> StoredAnswer:
    payout = found(session, Payout, payout_id, "payout")
    if payout.status is PaymentStatus.DECLINED:
        return _declined(payout, "payout_id")
    body = answer_schemas.PayoutAnswer.model_validate(payout, from_attributes=True)
    return answer(_status(payout), body, payout.location_id)


def of_application(session: Session, allocation: Allocation) -> StoredAnswer:
    invoice = found(session, Invoice, allocation.invoice_id, "invoice")
    body = answer_schemas.ApplicationAnswer(
        id=allocation.id,
        invoice_id=invoice.id,
        source=allocation.source.value,
        currency=invoice.currency,
        amount_minor=allocation.amount_minor,
        due_minor=max(invoice_open_minor(session, invoice.id), 0),
    )
    return answer(MOVED, body, invoice.location_id)


def of_credit_memo(session: Session, credited: Credited) -> StoredAnswer:
    memo = credited.memo
    lines = session.scalars(
        select(CreditMemoLine).where(CreditMemoLine.credit_memo_id == memo.id).order_by(CreditMemoLine.id)
    )
    body = answer_schemas.CreditMemoAnswer(
        id=memo.id,
        invoice_id=memo.invoice_id,
        location_id=memo.location_id,
        currency=memo.currency,
        total_minor=credited.total_minor,
        payable_minor=payable_of_memo(session, memo),
        lines=[answer_schemas.CreditLineAnswer.model_validate(line, from_attributes=True) for line in lines],
    )
    return answer(MOVED, body, memo.location_id)


def of_void(invoice: Invoice) -> StoredAnswer:
    return answer(
        200, answer_schemas.VoidAnswer(id=invoice.id, status=invoice.status.value), invoice.location_id
    )


def _status(row: Payment | Payout) -> int:
    return MOVED if row.status is PaymentStatus.SUCCEEDED else AWAITED


def _declined(row: Payment | Payout, name: str) -> StoredAnswer:
    error = CardDeclined(
        "The processor declined; nothing was moved. Use another card or tender, with a new Idempotency-Key.",
        {"decline_code": row.decline_code or "declined", name: str(row.id)},
    )
    return refusal(error, row.location_id)
