"""A check that the bank gives back: what it settled is owed again, with the bank's and our fee (row 27)."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.money import MILLI
from medspa.kernel.vocabulary import (
    Account,
    AllocationSource,
    LedgerEvent,
    LineKind,
    PaymentPurpose,
    Permission,
    Tender,
)
from operational.banking.errors import NotReturnable
from operational.checkout.drafts import Draft
from operational.checkout.fees import FEE_TAX_CLASS
from operational.checkout.invoices import issue
from operational.checkout.queries import found
from operational.checkout.unredeemed import excess_left, hold
from operational.client_records import of_client
from operational.identity.access import Actor
from operational.ledger.balances import liability_minor
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, across_locations, post
from operational.models import Allocation, BankDepositItem, Invoice, Location, Payment, ReturnedCheck


def return_check(
    session: Session,
    actor: Actor,
    payment_id: uuid.UUID,
    bank_fee_minor: int = 0,
    client_fee_minor: int = 0,
    external_date: date | None = None,
) -> ReturnedCheck:
    """Book a deposited check as returned; the client's fee is an invoice of its own.

    Raises Forbidden, NotFound, NotReturnable.
    """
    seen = found(session, Payment, payment_id, "payment")
    actor.require(Permission.PAYMENT_REFUND, seen.location_id)
    payment = hold(session, payment_id)
    deposited = session.scalar(select(BankDepositItem.id).where(BankDepositItem.payment_id == payment_id))
    returned = session.scalar(select(ReturnedCheck.id).where(ReturnedCheck.payment_id == payment_id))
    if payment.tender is not Tender.CHECK or deposited is None or returned is not None:
        raise NotReturnable
    location = found(session, Location, payment.location_id, "location")
    fee_invoice = None
    if client_fee_minor:
        draft = Draft(LineKind.FEE, MILLI, client_fee_minor, FEE_TAX_CLASS)
        fee_invoice = issue(session, actor, location, payment.client_id, None, [draft]).invoice
    day = open_business_date(session, location.id)
    owed = _owed_again(session, payment)
    row = ReturnedCheck(
        org_id=actor.org_id, payment_id=payment.id, location_id=location.id, currency=payment.currency,
        amount_minor=payment.amount_minor, bank_fee_minor=bank_fee_minor,
        receivable_minor=sum(one.amount_minor for one in owed if one.account is Account.ACCOUNTS_RECEIVABLE),
        fee_invoice_id=fee_invoice.id if fee_invoice else None, business_date=day,
        external_date=external_date if external_date != day else None, staff_id=actor.staff_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    post(
        session,
        event=LedgerEvent.CHECK_RETURNED,
        source_kind="returned_check",
        source_id=row.id,
        lines=across_locations(
            [
                *owed,
                Line(Account.PROCESSOR_FEES, bank_fee_minor, location.id),
                Line(Account.BANK, -payment.amount_minor - bank_fee_minor, location.id),
            ]
        ),
        external_date=row.external_date,
        staff_id=actor.staff_id,
    )
    return row


def _owed_again(session: Session, payment: Payment) -> list[Line]:
    """What the check made is taken back as far as it is still there; the rest is owed on invoices.

    A deposit that was returned in cash before is owed on no document: it is lost.
    """
    client, place, left = payment.client_id, payment.location_id, payment.amount_minor
    if payment.purpose is PaymentPurpose.INVOICE:
        excess = excess_left(session, payment)
        invoice = found(session, Invoice, payment.invoice_id, "invoice") if payment.invoice_id else None
        at = invoice.location_id if invoice else place
        return [
            Line(Account.ACCOUNT_CREDIT, excess, place, client_id=client),
            Line(Account.ACCOUNTS_RECEIVABLE, left - excess, at, invoice_id=payment.invoice_id),
        ]
    held = liability_minor(session, Account.CLIENT_DEPOSITS, client_id=client, location_id=place)
    part = max(min(held, left), 0)
    lines = [Line(Account.CLIENT_DEPOSITS, part, place, client_id=client)]
    left -= part
    used = session.scalars(
        select(Allocation)
        .where(of_client(Allocation.client_id, client), Allocation.source == AllocationSource.DEPOSIT)
        .order_by(Allocation.id.desc())
    )
    for one in used:
        if not left:
            break
        part = min(one.amount_minor, left)
        lines.append(Line(Account.ACCOUNTS_RECEIVABLE, part, one.location_id, invoice_id=one.invoice_id))
        left -= part
    return [*lines, Line(Account.BAD_DEBT, left, place)]
