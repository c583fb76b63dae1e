"""Giving back what is left of a contract that an invoice line sold (metrics, section 7: row 14).

Which contract it is and what of it is left, is the caller's matter; it holds the contract and its day.
What is credited is paid out like any credit memo.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.money import extend
from medspa.kernel.vocabulary import (
    Account,
    EntitlementMovementKind,
    InvoiceStatus,
    LedgerEvent,
)
from operational.checkout.credit import Credited, new_memo, taxes_left
from operational.checkout.errors import InvoiceVoided
from operational.checkout.pricing import split_remaining, tax_to_credit
from operational.checkout.queries import found
from operational.checkout.refundable import require_creditable
from operational.identity.access import Actor
from operational.ledger.balances import lock_invoice
from operational.ledger.post import Line, post
from operational.models import CreditMemo, CreditMemoLine, EntitlementMovement, InvoiceLine, Location
from operational.packages.schemas import RefundIn
from operational.prepaid import entitlements
from operational.prepaid.entitlements import Held
from operational.prepaid.errors import NothingLeft


@dataclass(frozen=True, slots=True)
class Unused:
    """What is left of what a line sold: sessions or credits, and access that no day has earned."""

    line: InvoiceLine
    liability: Account
    contract_id: uuid.UUID
    location_id: uuid.UUID
    held: Sequence[Held]
    access_minor: int = 0

    @property
    def carrying_minor(self) -> int:
        return self.access_minor + sum(one.remaining_minor for one in self.held)


@dataclass(frozen=True, slots=True)
class Split:
    """How what is carried of a package is divided; `refund` goes back to the client."""

    carrying: int
    repriced: int
    fee: int
    goodwill: int

    @property
    def refund(self) -> int:
        return self.carrying - self.repriced - self.fee + self.goodwill


def credit_unused(session: Session, actor: Actor, unused: Unused, request: RefundIn, day: date) -> Credited:
    """Credit what is left and take it from its contract.

    `reprice_used`: what was used is charged at its list price of the day of sale. Raises NothingLeft,
    InvoiceVoided, MoreThanCameIn, Invalid.
    """
    line = unused.line
    invoice = lock_invoice(session, line.invoice_id)
    if invoice.status is InvoiceStatus.VOIDED:
        raise InvoiceVoided
    before = session.scalars(
        select(CreditMemoLine)
        .where(CreditMemoLine.invoice_line_id == line.id)
        .order_by(CreditMemoLine.created_at, CreditMemoLine.id)
    ).all()
    split = _split(session, unused, request, line.net_minor - sum(one.net_minor for one in before))
    location = found(session, Location, unused.location_id, "location")
    memo = new_memo(session, actor, invoice, location, day, request.reason)
    credited, taxes = _credit(session, memo, line, split, before)
    require_creditable(session, invoice.id, credited.total_minor)
    for one in unused.held:
        entitlements.move_rest(
            session, one, EntitlementMovementKind.REFUNDED, location_id=location.id, business_date=day,
            credit_memo_id=memo.id,
        )  # fmt: skip
    session.flush()
    post(
        session,
        event=LedgerEvent.PREPAID_CREDITED,
        source_kind="credit_memo",
        source_id=memo.id,
        lines=[*_lines(unused, split), *taxes, _owed(memo, credited)],
        business_date=day,
        staff_id=actor.staff_id,
    )
    return credited


def _split(session: Session, unused: Unused, request: RefundIn, remaining: int) -> Split:
    carrying = unused.carrying_minor
    if carrying == 0:
        raise NothingLeft
    repriced = min(_dearer(session, unused.held), carrying) if request.reprice_used else 0
    split = Split(carrying, repriced, request.cancellation_fee_minor, request.goodwill_minor)
    if split.fee > carrying - repriced:
        raise Invalid(
            "cancellation_fee_minor: more than is left.",
            {"left_minor": carrying - repriced},
        )
    if not 0 < split.refund <= remaining:
        raise Invalid(
            "The refund is above zero and at most what was paid, less what went back before.",
            {"remaining_minor": remaining},
        )
    return split


def _dearer(session: Session, held: Sequence[Held]) -> int:
    """What the used sessions cost more at their list price than was allocated to them."""
    used = session.execute(
        select(
            EntitlementMovement.entitlement_id,
            func.sum(EntitlementMovement.quantity_milli),
            func.sum(EntitlementMovement.value_minor),
        )
        .where(
            EntitlementMovement.entitlement_id.in_([one.entitlement.id for one in held]),
            EntitlementMovement.kind.in_((EntitlementMovementKind.USED, EntitlementMovementKind.REVERSED)),
        )
        .group_by(EntitlementMovement.entitlement_id)
    ).all()
    price = {one.entitlement.id: one.entitlement.standalone_minor for one in held}
    return max(sum(extend(int(quantity), price[row]) - int(value) for row, quantity, value in used), 0)


def _credit(
    session: Session,
    memo: CreditMemo,
    line: InvoiceLine,
    split: Split,
    before: Sequence[CreditMemoLine],
) -> tuple[Credited, list[Line]]:
    """The memo's line with the tax of the sale that goes back with it; `before`: its earlier refunds."""
    credited_net = sum(one.net_minor for one in before)
    credited_tax = sum(one.tax_minor for one in before)
    tax = tax_to_credit(line.net_minor, line.tax_minor, credited_net, credited_tax, split.refund)
    part = CreditMemoLine(
        org_id=memo.org_id,
        credit_memo_id=memo.id,
        invoice_line_id=line.id,
        net_minor=split.refund,
        tax_minor=tax,
    )
    session.add(part)
    taxes = split_remaining(tax, taxes_left(session, line, [one.tax_minor for one in before]))
    return Credited(memo, [part]), [
        Line(
            Account.SALES_TAX_PAYABLE, amount, memo.location_id, jurisdiction_id=key, invoice_line_id=line.id
        )
        for key, amount in taxes.items()
    ]


def _lines(unused: Unused, split: Split) -> list[Line]:
    place, line_id = unused.location_id, unused.line.id
    return [
        Line(
            unused.liability, split.carrying, place, contract_id=unused.contract_id, invoice_line_id=line_id
        ),
        Line(Account.CREDIT_MEMOS, split.goodwill, place, invoice_line_id=line_id),
        Line(Account.SERVICE_REVENUE, -split.repriced, place, invoice_line_id=line_id),
        Line(Account.NO_SHOW_FEES, -split.fee, place, invoice_line_id=line_id),
    ]


def _owed(memo: CreditMemo, credited: Credited) -> Line:
    return Line(
        Account.ACCOUNTS_RECEIVABLE,
        -credited.total_minor,
        memo.location_id,
        invoice_id=memo.invoice_id,
        invoice_line_id=credited.lines[0].invoice_line_id,
    )
