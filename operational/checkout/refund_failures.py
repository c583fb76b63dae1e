"""Card refunds that succeeded and came back later: what is owed to the client again (row 16 the other way).

The processor's event or its report tells of one, or a person who knows what a line in 1290 is; whoever comes
first books it. The refund stays what it was on its day. What it gave back is account credit now, for the
card does not take it: it is used, or cashed out. What had left beyond a deposit is a deposit again, which is
matched with its item in 1290.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, LedgerEvent, PaymentStatus, ProcessorLineKind, Tender
from operational.checkout.queries import found, present
from operational.checkout.refund_settle import hold
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, post
from operational.ledger.unmatched import open_minor
from operational.models import Payment, Payout, ProcessorLine, RefundFailure


@dataclass(frozen=True, slots=True)
class Teller:
    """The person who told of it, and by which line."""

    staff_id: uuid.UUID | None
    line_id: uuid.UUID


def record(
    session: Session, payout_id: uuid.UUID, happened_on: date | None = None, teller: Teller | None = None
) -> RefundFailure | None:
    """Book that a refund came back, once; None: it is known, or the refund itself is not booked."""
    payout = hold(session, payout_id)
    if payout.status is not PaymentStatus.SUCCEEDED or payout.tender is not Tender.CARD:
        return None
    if standing(session, payout_id) is not None:
        return None
    merchant = found(session, Payment, present(payout.payment_id), "payment").merchant_account_id
    day = open_business_date(session, payout.location_id)
    row = RefundFailure(
        org_id=payout.org_id, id=new_id(), payout_id=payout.id, location_id=payout.location_id,
        merchant_account_id=present(merchant), currency=payout.currency, amount_minor=payout.amount_minor,
        deposit_minor=min(max(open_minor(session, payout.id), 0), payout.amount_minor), business_date=day,
        external_date=happened_on if happened_on != day else None,
        processor_line_id=teller.line_id if teller else None, staff_id=teller.staff_id if teller else None,
    )  # fmt: skip
    _post(session, row, payout.client_id)
    return row


def take_back(session: Session, payout_id: uuid.UUID, teller: Teller) -> None:
    """A person told of it by mistake, by this line. What is used by now is not there: InsufficientBalance."""
    payout = hold(session, payout_id)
    told = standing(session, payout_id)
    if told is None or told.processor_line_id != teller.line_id:
        return
    row = RefundFailure(
        org_id=payout.org_id, id=new_id(), payout_id=payout.id, location_id=payout.location_id,
        merchant_account_id=told.merchant_account_id, currency=payout.currency,
        amount_minor=-told.amount_minor, deposit_minor=-told.deposit_minor,
        business_date=open_business_date(session, payout.location_id), undoes_id=told.id,
        processor_line_id=teller.line_id, staff_id=teller.staff_id,
    )  # fmt: skip
    _post(session, row, payout.client_id)


def standing(session: Session, payout_id: uuid.UUID) -> RefundFailure | None:
    """What is known of a refund that came back, unless it was taken back."""
    undone = select(RefundFailure.undoes_id).where(
        RefundFailure.payout_id == payout_id, RefundFailure.undoes_id.is_not(None)
    )
    return session.scalar(
        select(RefundFailure).where(
            RefundFailure.payout_id == payout_id,
            RefundFailure.undoes_id.is_(None),
            RefundFailure.id.not_in(undone),
        )
    )


def told_of(session: Session, account_id: uuid.UUID) -> list[tuple[uuid.UUID, date]]:
    """Refunds that came back by the processor's report and are not booked so: when each did."""
    known = (
        select(func.coalesce(func.sum(RefundFailure.amount_minor), 0))
        .where(RefundFailure.payout_id == Payout.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Payout.id, ProcessorLine.occurred_on)
        .join(ProcessorLine, ProcessorLine.payout_id == Payout.id)
        .where(
            ProcessorLine.merchant_account_id == account_id,
            ProcessorLine.kind == ProcessorLineKind.REFUND_FAILURE,
            Payout.status == PaymentStatus.SUCCEEDED,
            known == 0,
        )
        .order_by(Payout.id)
    )
    return [(row[0], row[1]) for row in rows]


def credited(session: Session, payment_id: uuid.UUID) -> int:
    """What a payment's refunds that came back gave as account credit."""
    total = session.scalar(
        select(func.coalesce(func.sum(RefundFailure.amount_minor - RefundFailure.deposit_minor), 0))
        .join(Payout, Payout.id == RefundFailure.payout_id)
        .where(Payout.payment_id == payment_id)
    )
    return int(total or 0)


def _post(session: Session, row: RefundFailure, client_id: uuid.UUID) -> None:
    session.add(row)
    session.flush()
    place, credit = row.location_id, row.amount_minor - row.deposit_minor
    post(
        session,
        event=LedgerEvent.REFUND_FAILED,
        source_kind="refund_failure",
        source_id=row.id,
        lines=[
            Line(Account.CARD_CLEARING, row.amount_minor, place, merchant_account_id=row.merchant_account_id),
            Line(Account.ACCOUNT_CREDIT, -credit, place, client_id=client_id),
            Line(Account.CLIENT_DEPOSITS, -row.deposit_minor, place, client_id=client_id),
        ],
        external_date=row.external_date,
        staff_id=row.staff_id,
    )
