"""How much of a credit memo, a payment or a deposit may still be paid out. Sums are read under locks."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import PaymentStatus
from operational.checkout.errors import MoreThanCameIn
from operational.checkout.queries import GivenBack, given_back, kept_minor, taken_back
from operational.ledger.balances import invoice_open_minor
from operational.models import Allocation, CreditMemo, CreditMemoLine, Payment, Payout


def value_of(row: Payment | Payout | GivenBack) -> int:
    """What a payment or payout settles: its amount without tip and cash rounding."""
    return row.amount_minor - row.tip_minor - row.rounding_minor


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a payment: its settled value, its tip, and the money itself."""

    value_minor: int
    tip_minor: int
    amount_minor: int


def rest_of_payment(session: Session, payment: Payment) -> Rest:
    """Captured less what went back, may yet go back or was taken back; the payment's row is held."""
    if payment.status is not PaymentStatus.SUCCEEDED:
        return Rest(0, 0, 0)
    given = given_back(session, payment_id=payment.id)
    gone = taken_back(session, payment.id)
    amount = max(payment.amount_minor - sum(one.amount_minor for one in given) - gone, 0)
    return Rest(
        max(value_of(payment) - sum(value_of(one) for one in given) - gone, 0),
        min(payment.tip_minor - sum(one.tip_minor for one in given), amount),
        amount,
    )


def total_of_memo(session: Session, memo_id: uuid.UUID) -> int:
    return int(
        session.scalar(
            select(func.coalesce(func.sum(CreditMemoLine.net_minor + CreditMemoLine.tax_minor), 0)).where(
                CreditMemoLine.credit_memo_id == memo_id
            )
        )
        or 0
    )


def payable_of_memo(session: Session, memo: CreditMemo) -> int:
    """What of a memo was really paid and is not paid out; its invoice is held.

    A memo on an unpaid invoice only lowers what is owed: nothing of it is payable. Nor is what was written
    off or taken back: below zero an invoice is then without money behind it.
    """
    given = given_back(session, invoice_id=memo.invoice_id)
    unpaid = total_of_memo(session, memo.id) - sum(
        value_of(one) for one in given if one.credit_memo_id == memo.id
    )
    leaving = sum(value_of(one) for one in given if not one.settled)
    overpaid = -invoice_open_minor(session, memo.invoice_id) - leaving
    kept = kept_minor(session, memo.invoice_id, open_disputes=True) - leaving
    return max(min(unpaid, overpaid, kept), 0)


def require_creditable(session: Session, invoice_id: uuid.UUID, total_minor: int) -> None:
    """A memo lowers what is owed and gives back what came in, no more; its invoice is held.

    Raises MoreThanCameIn for what is written off or charged back.
    """
    kept = max(kept_minor(session, invoice_id, open_disputes=False), 0)
    limit = max(invoice_open_minor(session, invoice_id) + kept, 0)
    if total_minor > limit:
        raise MoreThanCameIn(extra={"creditable_minor": limit})


def gift_card_paid(session: Session, invoice_id: uuid.UUID, gift_card_id: uuid.UUID) -> int:
    """What a gift card paid of a held invoice, less what was put back on it."""
    paid = session.scalar(
        select(func.coalesce(func.sum(Allocation.amount_minor), 0)).where(
            Allocation.invoice_id == invoice_id, Allocation.gift_card_id == gift_card_id
        )
    )
    back = session.scalar(
        select(func.coalesce(func.sum(Payout.amount_minor), 0))
        .join(CreditMemo, CreditMemo.id == Payout.credit_memo_id)
        .where(CreditMemo.invoice_id == invoice_id, Payout.gift_card_id == gift_card_id)
    )
    return int(paid or 0) - int(back or 0)
