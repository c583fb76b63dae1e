"""Credit memos: corrections that name invoice lines (metrics, section 7: rows 13, 14).

Each line gives back its own net price and its own tax; paying it out is in payouts.py. What was credited
before is read under the invoice's lock, so that a line is never credited beyond what it was.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import (
    Account,
    CreditReason,
    InvoiceStatus,
    LedgerEvent,
    LineKind,
    Permission,
)
from operational.checkout import numbers
from operational.checkout.errors import BalanceTooLow, InvoiceVoided, MoreThanRemains, NotRefundable
from operational.checkout.pricing import split_remaining, tax_to_credit
from operational.checkout.queries import found
from operational.checkout.refundable import require_creditable
from operational.checkout.schemas import CreditLineIn, CreditMemoIn
from operational.identity.access import Actor
from operational.ledger.balances import liability_minor, lock_gift_card, lock_invoice
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, post
from operational.models import (
    CreditMemo,
    CreditMemoLine,
    Invoice,
    InvoiceLine,
    InvoiceLineTax,
    Location,
)

CONTRACTS = (LineKind.PACKAGE, LineKind.MEMBERSHIP_DUES)


@dataclass(frozen=True, slots=True)
class Credited:
    """A credit memo with its lines, as issued."""

    memo: CreditMemo
    lines: list[CreditMemoLine]

    @property
    def total_minor(self) -> int:
        return sum(line.net_minor + line.tax_minor for line in self.lines)


def issue_credit_memo(
    session: Session, actor: Actor, invoice_id: uuid.UUID, request: CreditMemoIn
) -> Credited:
    """Credit lines of an invoice, whole or in part, and post it.

    Raises Forbidden, NotFound, InvoiceVoided, MoreThanRemains, MoreThanCameIn, BalanceTooLow (a gift
    card already used).
    """
    seen = found(session, Invoice, invoice_id, "invoice")
    actor.require(Permission.PAYMENT_REFUND, seen.location_id)
    asked = {line.invoice_line_id: line for line in request.lines}
    if len(asked) != len(request.lines):
        raise Invalid("A line is named twice.")
    lines = _lines(session, invoice_id, asked)
    if any(line.kind in CONTRACTS for line in lines):
        raise NotRefundable("What is left of a package or a membership is refunded with it, not by its line.")
    for card_id in sorted(line.gift_card_id for line in lines if line.gift_card_id is not None):
        lock_gift_card(session, card_id)
    invoice = lock_invoice(session, invoice_id)
    if invoice.status is InvoiceStatus.VOIDED:
        raise InvoiceVoided
    location = found(session, Location, invoice.location_id, "location")
    day = open_business_date(session, location.id)
    memo = new_memo(session, actor, invoice, location, day, request.reason)
    credited = Credited(memo, [])
    postings: dict[LedgerEvent, list[Line]] = {}
    for line in lines:
        part, entry = _credit(session, memo, line, asked[line.id])
        credited.lines.append(part)
        event = (
            LedgerEvent.PREPAID_CREDITED
            if line.kind is LineKind.GIFT_CARD
            else LedgerEvent.CREDIT_MEMO_ISSUED
        )
        postings.setdefault(event, []).extend(entry)
    require_creditable(session, invoice_id, credited.total_minor)
    session.add_all(credited.lines)
    session.flush()
    for event, entry in postings.items():
        post(
            session,
            event=event,
            source_kind="credit_memo",
            source_id=memo.id,
            lines=entry,
            business_date=day,
            staff_id=actor.staff_id,
        )
    return credited


def new_memo(
    session: Session, actor: Actor, invoice: Invoice, location: Location, day: date, reason: CreditReason
) -> CreditMemo:
    """A numbered credit memo of a held invoice, without its lines."""
    memo = CreditMemo(
        org_id=actor.org_id,
        number=numbers.next_number(session, numbers.CREDIT_MEMO, location),
        invoice_id=invoice.id,
        client_id=invoice.client_id,
        location_id=location.id,
        currency=invoice.currency,
        business_date=day,
        reason=reason,
        issued_by=actor.staff_id,
    )
    session.add(memo)
    session.flush()
    return memo


def _lines(
    session: Session, invoice_id: uuid.UUID, asked: dict[uuid.UUID, CreditLineIn]
) -> Sequence[InvoiceLine]:
    lines = session.scalars(
        select(InvoiceLine)
        .where(InvoiceLine.invoice_id == invoice_id, InvoiceLine.id.in_(asked))
        .order_by(InvoiceLine.position)
    ).all()
    if len(lines) != len(asked):
        raise NotFound("The invoice has no such line.")
    return lines


def _credit(
    session: Session, memo: CreditMemo, line: InvoiceLine, asked: CreditLineIn
) -> tuple[CreditMemoLine, list[Line]]:
    before = session.scalars(
        select(CreditMemoLine)
        .where(CreditMemoLine.invoice_line_id == line.id)
        .order_by(CreditMemoLine.created_at, CreditMemoLine.id)
    ).all()
    credited_net = sum(one.net_minor for one in before)
    credited_tax = sum(one.tax_minor for one in before)
    remaining = line.net_minor - credited_net
    net = remaining if asked.net_minor is None else asked.net_minor
    # A line that a package covers has no net price: its tax is corrected by itself.
    tax_only = line.net_minor == 0 and line.tax_minor > credited_tax
    if net > remaining or (remaining == 0 and not tax_only):
        raise MoreThanRemains(extra={"invoice_line_id": str(line.id), "remaining_minor": remaining})
    tax = tax_to_credit(line.net_minor, line.tax_minor, credited_net, credited_tax, net)
    part = CreditMemoLine(
        org_id=memo.org_id, credit_memo_id=memo.id, invoice_line_id=line.id, net_minor=net, tax_minor=tax
    )
    parts = split_remaining(tax, taxes_left(session, line, [one.tax_minor for one in before]))
    return part, _postings(session, memo, line, net, tax, parts)


def taxes_left(session: Session, line: InvoiceLine, credited: Sequence[int]) -> dict[uuid.UUID, int]:
    """A line's tax per jurisdiction less the taxes of its earlier credits, each split as it was then."""
    rows = session.scalars(select(InvoiceLineTax).where(InvoiceLineTax.invoice_line_id == line.id))
    left = {row.jurisdiction_id: row.tax_minor for row in rows}
    for tax in credited:
        for jurisdiction, part in split_remaining(tax, left).items():
            left[jurisdiction] -= part
    return left


def _postings(
    session: Session, memo: CreditMemo, line: InvoiceLine, net: int, tax: int, parts: dict[uuid.UUID, int]
) -> list[Line]:
    place, line_id = memo.location_id, line.id
    owed = Line(
        Account.ACCOUNTS_RECEIVABLE, -(net + tax), place, invoice_id=memo.invoice_id, invoice_line_id=line_id
    )
    if line.kind is LineKind.GIFT_CARD:
        held = liability_minor(session, Account.GIFT_CARDS, gift_card_id=line.gift_card_id, location_id=place)
        if net > held:
            raise BalanceTooLow("The gift card has been used; credit what is left.", {"balance_minor": held})
        return [
            Line(Account.GIFT_CARDS, net, place, gift_card_id=line.gift_card_id, invoice_line_id=line_id),
            owed,
        ]
    return [
        Line(Account.CREDIT_MEMOS, net, place, invoice_line_id=line_id),
        *(
            Line(Account.SALES_TAX_PAYABLE, part, place, jurisdiction_id=key, invoice_line_id=line_id)
            for key, part in parts.items()
        ),
        owed,
    ]
