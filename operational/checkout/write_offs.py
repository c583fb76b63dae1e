"""Debts given up, and money that came for them after all (metrics, section 7: row 26).

A price concession is a credit memo. Where a jurisdiction gives the tax of a bad debt back, it goes with it.
"""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.money import split
from medspa.kernel.vocabulary import Account, InvoiceStatus, LedgerEvent, Permission, WriteOffKind
from operational.checkout import unredeemed
from operational.checkout.errors import InvoiceVoided, MoreThanDue, MoreThanWrittenOff
from operational.checkout.queries import found, pending_on_invoice, present
from operational.identity.access import Actor
from operational.ledger.balances import invoice_open_minor, lock_invoice
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, post
from operational.models import (
    Invoice,
    InvoiceLine,
    InvoiceLineTax,
    JournalEntry,
    Posting,
    TaxJurisdiction,
    WriteOff,
)

Taxes = dict[uuid.UUID, int]


def write_off(
    session: Session, actor: Actor, invoice_id: uuid.UUID, amount_minor: int | None = None
) -> WriteOff:
    """Give up what is due of an invoice, or a part.

    Raises Forbidden, NotFound, InvoiceVoided, PrepaidUnredeemed, MoreThanDue.
    """
    seen = found(session, Invoice, invoice_id, "invoice")
    actor.require(Permission.PAYMENT_REFUND, seen.location_id)
    unredeemed.hold_sold(session, invoice_id)
    invoice = lock_invoice(session, invoice_id)
    if invoice.status is InvoiceStatus.VOIDED:
        raise InvoiceVoided
    unredeemed.require_redeemed(session, invoice_id)
    due = max(invoice_open_minor(session, invoice_id) - pending_on_invoice(session, invoice_id), 0)
    amount = due if amount_minor is None else amount_minor
    if amount == 0 or amount > due:
        raise MoreThanDue("Send at most what is due.", {"due_minor": due})
    taxes = _relief(session, invoice_id, amount)
    return _write(session, actor, invoice, WriteOffKind.WRITTEN_OFF, None, amount, taxes)


def recover(session: Session, actor: Actor, write_off_id: uuid.UUID, amount_minor: int) -> WriteOff:
    """The client pays after all: the invoice is open again, and the payment is taken on it as any other.

    Raises Forbidden, NotFound, MoreThanWrittenOff.
    """
    given_up = found(session, WriteOff, write_off_id, "write-off")
    actor.require(Permission.PAYMENT_REFUND, given_up.location_id)
    invoice = lock_invoice(session, given_up.invoice_id)
    earlier = session.scalars(select(WriteOff).where(WriteOff.write_off_id == write_off_id)).all()
    left = given_up.amount_minor - sum(one.amount_minor for one in earlier)
    if given_up.kind is not WriteOffKind.WRITTEN_OFF or not 0 < amount_minor <= left:
        raise MoreThanWrittenOff(extra={"written_off_minor": left})
    tax_left = given_up.tax_minor - sum(one.tax_minor for one in earlier)
    tax = tax_left if amount_minor == left else tax_left * amount_minor // left
    relieved = _relieved(session, write_off_id)
    parts = split(tax, list(relieved.values())) if tax else [0] * len(relieved)
    taxes = dict(zip(relieved, parts, strict=True))
    return _write(session, actor, invoice, WriteOffKind.RECOVERED, write_off_id, amount_minor, taxes)


def _write(
    session: Session,
    actor: Actor,
    invoice: Invoice,
    kind: WriteOffKind,
    write_off_id: uuid.UUID | None,
    amount: int,
    taxes: Taxes,
) -> WriteOff:
    row = WriteOff(
        org_id=actor.org_id, invoice_id=invoice.id, location_id=invoice.location_id, kind=kind,
        write_off_id=write_off_id, currency=invoice.currency, amount_minor=amount,
        tax_minor=sum(taxes.values()), business_date=open_business_date(session, invoice.location_id),
        staff_id=actor.staff_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    place = invoice.location_id
    sign = 1 if kind is WriteOffKind.WRITTEN_OFF else -1
    post(
        session,
        event=LedgerEvent.WRITTEN_OFF if sign > 0 else LedgerEvent.RECOVERED,
        source_kind="write_off",
        source_id=row.id,
        lines=[
            Line(Account.BAD_DEBT, sign * (amount - row.tax_minor), place),
            *(
                Line(Account.SALES_TAX_PAYABLE, sign * part, place, jurisdiction_id=key)
                for key, part in taxes.items()
            ),
            Line(Account.ACCOUNTS_RECEIVABLE, -sign * amount, place, invoice_id=invoice.id),
        ],
        staff_id=actor.staff_id,
    )
    return row


def _relief(session: Session, invoice_id: uuid.UUID, amount: int) -> Taxes:
    """The part of an amount that is tax of jurisdictions which give it back, rounded down."""
    total = session.scalar(
        select(func.coalesce(func.sum(InvoiceLine.net_minor + InvoiceLine.tax_minor), 0)).where(
            InvoiceLine.invoice_id == invoice_id
        )
    )
    rows = session.execute(
        select(InvoiceLineTax.jurisdiction_id, func.sum(InvoiceLineTax.tax_minor))
        .join(InvoiceLine, InvoiceLine.id == InvoiceLineTax.invoice_line_id)
        .join(TaxJurisdiction, TaxJurisdiction.id == InvoiceLineTax.jurisdiction_id)
        .where(InvoiceLine.invoice_id == invoice_id, TaxJurisdiction.bad_debt_relief)
        .group_by(InvoiceLineTax.jurisdiction_id)
        .order_by(InvoiceLineTax.jurisdiction_id)
    )
    return {key: min(int(tax) * amount // int(total), int(tax)) for key, tax in rows} if total else {}


def _relieved(session: Session, write_off_id: uuid.UUID) -> Taxes:
    rows = session.execute(
        select(Posting.jurisdiction_id, Posting.amount_minor)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(
            JournalEntry.source_kind == "write_off",
            JournalEntry.source_id == write_off_id,
            Posting.account == Account.SALES_TAX_PAYABLE.value,
        )
        .order_by(Posting.jurisdiction_id)
    )
    return {present(key): int(amount) for key, amount in rows}
