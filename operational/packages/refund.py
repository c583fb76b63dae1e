"""Giving back what is left of a package (metrics, section 7: row 14). It is paid out like any credit memo."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.money import extend
from medspa.kernel.vocabulary import Account, EntitlementMovementKind, InvoiceStatus, LedgerEvent, Permission
from operational.checkout.credit import Credited, new_memo, taxes_left
from operational.checkout.errors import InvoiceVoided, NotRefundable
from operational.checkout.pricing import split_remaining, tax_to_credit
from operational.checkout.queries import found
from operational.checkout.refundable import require_creditable
from operational.identity.access import Actor
from operational.ledger.balances import lock_invoice, lock_package
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, post
from operational.models import (
    CreditMemo,
    CreditMemoLine,
    Entitlement,
    EntitlementMovement,
    Invoice,
    InvoiceLine,
    Location,
    Package,
)
from operational.packages.schemas import RefundIn
from operational.prepaid import entitlements
from operational.prepaid.entitlements import Held
from operational.prepaid.errors import NothingLeft


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


def refund_package(session: Session, actor: Actor, package_id: uuid.UUID, request: RefundIn) -> Credited:
    """Credit what is left of a package and end it.

    `reprice_used`: what was used is charged at its list price of the day of sale. Raises Forbidden,
    NotFound, NotRefundable, NothingLeft, InvoiceVoided, MoreThanCameIn, Invalid.
    """
    seen = found(session, Package, package_id, "package")
    actor.require(Permission.PAYMENT_REFUND, seen.location_id)
    # The day before the contract, as the close takes them.
    day = open_business_date(session, seen.location_id)
    package = lock_package(session, package_id)
    line = session.scalar(select(InvoiceLine).where(InvoiceLine.package_id == package_id))
    if line is None:
        raise NotRefundable("This package was brought over from another system and has no invoice here.")
    invoice = lock_invoice(session, line.invoice_id)
    if invoice.status is InvoiceStatus.VOIDED:
        raise InvoiceVoided
    held = _held(session, package_id)
    before = session.scalars(
        select(CreditMemoLine)
        .where(CreditMemoLine.invoice_line_id == line.id)
        .order_by(CreditMemoLine.created_at, CreditMemoLine.id)
    ).all()
    split = _split(session, held, request, line.net_minor - sum(one.net_minor for one in before))
    location = found(session, Location, package.location_id, "location")
    memo = new_memo(session, actor, invoice, location, day, request.reason)
    credited, tax_lines = _credit(session, memo, line, split, before)
    require_creditable(session, invoice.id, credited.total_minor)
    for one in held:
        entitlements.move_rest(
            session, one, EntitlementMovementKind.REFUNDED, location_id=location.id, business_date=day,
            credit_memo_id=memo.id,
        )  # fmt: skip
    session.flush()
    _post(session, actor, package, invoice, credited, [*_lines(package, line, split), *tax_lines], day)
    return credited


def _held(session: Session, package_id: uuid.UUID) -> list[Held]:
    rows = session.scalars(
        select(Entitlement).where(Entitlement.package_id == package_id).order_by(Entitlement.id)
    ).all()
    return entitlements.with_rest(session, rows)


def _split(session: Session, held: list[Held], request: RefundIn, remaining: int) -> Split:
    carrying = sum(one.remaining_minor for one in held)
    if carrying == 0:
        raise NothingLeft
    repriced = min(_dearer(session, held), carrying) if request.reprice_used else 0
    split = Split(carrying, repriced, request.cancellation_fee_minor, request.goodwill_minor)
    if split.fee > carrying - repriced:
        raise Invalid(
            "cancellation_fee_minor: more than is left of the package.",
            {"left_minor": carrying - repriced},
        )
    if not 0 < split.refund <= remaining:
        raise Invalid(
            "The refund is above zero and at most what the package cost, less what went back before.",
            {"remaining_minor": remaining},
        )
    return split


def _dearer(session: Session, held: list[Held]) -> int:
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


def _lines(package: Package, line: InvoiceLine, split: Split) -> list[Line]:
    place = package.location_id
    return [
        Line(
            Account.DEFERRED_PACKAGES, split.carrying, place, contract_id=package.id, invoice_line_id=line.id
        ),
        Line(Account.CREDIT_MEMOS, split.goodwill, place, invoice_line_id=line.id),
        Line(Account.SERVICE_REVENUE, -split.repriced, place, invoice_line_id=line.id),
        Line(Account.NO_SHOW_FEES, -split.fee, place, invoice_line_id=line.id),
    ]


def _post(
    session: Session,
    actor: Actor,
    package: Package,
    invoice: Invoice,
    credited: Credited,
    lines: list[Line],
    day: date,
) -> None:
    owed = Line(
        Account.ACCOUNTS_RECEIVABLE,
        -credited.total_minor,
        package.location_id,
        invoice_id=invoice.id,
        invoice_line_id=credited.lines[0].invoice_line_id,
    )
    post(
        session,
        event=LedgerEvent.PREPAID_CREDITED,
        source_kind="credit_memo",
        source_id=credited.memo.id,
        lines=[*lines, owed],
        business_date=day,
        staff_id=actor.staff_id,
    )
