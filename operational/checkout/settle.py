"""What a payment posts when it succeeds (metrics, section 7: rows 3, 3a, 32). Its locks are the caller's.

Taking payments lives in payments.py, the processor's part in attempts.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import (
    Account,
    AllocationSource,
    LedgerEvent,
    PaymentPurpose,
    PaymentStatus,
    Tender,
)
from operational.checkout.queries import found, present
from operational.ledger.balances import invoice_open_minor
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, across_locations, post
from operational.models import Allocation, Invoice, Location, Payment, Tip

TENDER_ACCOUNT = {
    Tender.CASH: Account.CASH_DRAWER,
    Tender.CHECK: Account.CHECKS_TO_DEPOSIT,
    Tender.CARD: Account.CARD_CLEARING,
    Tender.THIRD_PARTY: Account.THIRD_PARTY_RECEIVABLE,
}


def record_success(session: Session, payment: Payment, staff_id: uuid.UUID | None) -> None:
    """Mark a payment as taken, settle its invoice, and post both; the invoice and the payment are held.

    What exceeds the invoice's balance by then becomes account credit: money once taken is never lost.
    """
    day = open_business_date(session, payment.location_id)
    location = found(session, Location, payment.location_id, "location")
    began = clock.business_date(payment.created_at, location.timezone, location.cutover_hour)
    payment.status = PaymentStatus.SUCCEEDED
    payment.business_date = day
    payment.external_date = began if began != day else None
    payment.succeeded_at = clock.now()
    payment.decline_code = None
    settled = payment.amount_minor - payment.tip_minor - payment.rounding_minor
    lines = _received(payment, session.scalars(select(Tip).where(Tip.payment_id == payment.id)).all())
    if payment.purpose is PaymentPurpose.DEPOSIT:
        lines.append(_owed(payment, Account.CLIENT_DEPOSITS, settled))
    else:
        lines += _applied(session, payment, settled)
    session.flush()
    post(
        session,
        event=LedgerEvent.PAYMENT_TAKEN,
        source_kind="payment",
        source_id=payment.id,
        lines=across_locations(lines),
        external_date=payment.external_date,
        staff_id=staff_id,
    )


def _received(payment: Payment, tips: Sequence[Tip]) -> list[Line]:
    place = payment.location_id
    return [
        Line(
            TENDER_ACCOUNT[payment.tender],
            payment.amount_minor,
            place,
            merchant_account_id=payment.merchant_account_id,
            programme_id=payment.programme_id,
        ),
        Line(Account.CASH_ROUNDING, -payment.rounding_minor, place),
        *(Line(Account.TIPS_PAYABLE, -tip.amount_minor, place, provider_id=tip.provider_id) for tip in tips),
    ]


def _owed(payment: Payment, account: Account, amount_minor: int) -> Line:
    return Line(account, -amount_minor, payment.location_id, client_id=payment.client_id)


def _applied(session: Session, payment: Payment, settled: int) -> list[Line]:
    invoice = found(session, Invoice, present(payment.invoice_id), "invoice")
    applied = min(settled, max(invoice_open_minor(session, invoice.id), 0))
    if applied:
        session.add(
            Allocation(
                org_id=payment.org_id,
                invoice_id=invoice.id,
                source=AllocationSource.PAYMENT,
                payment_id=payment.id,
                location_id=invoice.location_id,
                amount_minor=applied,
                business_date=open_business_date(session, invoice.location_id),
            )
        )
    return [
        Line(Account.ACCOUNTS_RECEIVABLE, -applied, invoice.location_id, invoice_id=invoice.id),
        _owed(payment, Account.ACCOUNT_CREDIT, settled - applied),
    ]
