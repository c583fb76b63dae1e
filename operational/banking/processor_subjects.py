"""What a line of the processor is about, by its own references. What that posts is in processor_booking.py.

Looked for among the documents of its merchant account, of its currency, that no line of its direction names.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from medspa.kernel.vocabulary import PaymentStatus, ProcessorLineKind
from operational.checkout.processor.port import BalanceLine
from operational.models import Dispute, Location, MerchantAccount, Payment, Payout, ProcessorLine

DISPUTES = (ProcessorLineKind.DISPUTE, ProcessorLineKind.DISPUTE_REVERSAL)
REFUNDS = (ProcessorLineKind.REFUND, ProcessorLineKind.REFUND_FAILURE)


def home_of(session: Session, account: MerchantAccount) -> Location:
    """Where an account's lines about nothing of ours are: the first location of its legal entity."""
    return session.scalars(
        select(Location)
        .where(Location.legal_entity_id == account.legal_entity_id)
        .order_by(Location.created_at, Location.id)
        .limit(1)
    ).one()


def subject(session: Session, account_id: uuid.UUID, told: BalanceLine) -> dict[str, uuid.UUID]:
    """The payment, payout or dispute a line is about, and where it is; nothing of ours: empty.

    The merchant account is held: nobody names the same document meanwhile.
    """
    if told.about is None:
        return {}
    model: Any
    reference: Any
    if told.kind in DISPUTES:
        name, model, reference = "dispute_id", Dispute, Dispute.dispute_reference
    elif told.kind in REFUNDS:
        name, model, reference = "payout_id", Payout, Payout.processor_reference
    else:
        name, model, reference = "payment_id", Payment, Payment.processor_reference
    row = session.execute(
        select(model.id, model.location_id)
        .where(
            reference == told.about,
            of_account(name, account_id),
            model.currency == told.currency,
            ~named(name, told.amount_minor > 0),
            *_whole(told),
        )
        .limit(1)
    ).one_or_none()
    return {} if row is None else {name: row[0], "location_id": row[1]}


def _whole(told: BalanceLine) -> tuple[ColumnElement[bool], ...]:
    """An adjustment may name a payment and be about something else: it is the payment if it is all of it."""
    if told.kind is not ProcessorLineKind.ADJUSTMENT:
        return ()
    return (Payment.amount_minor == told.amount_minor, Payment.status == PaymentStatus.SUCCEEDED)


def find_late(session: Session, line: ProcessorLine) -> bool:
    """What was not known when the line came may be booked by now; whether it is."""
    known = (line.payment_id, line.payout_id, line.dispute_id, line.refused_as)
    if any(one is not None for one in known):
        return False
    told = BalanceLine(
        line.line_reference, line.kind, line.amount_minor, line.fee_minor, line.currency, line.occurred_at,
        line.about_reference,
    )  # fmt: skip
    found = subject(session, line.merchant_account_id, told)
    for name, value in found.items():
        setattr(line, name, value)
    if found:
        # The next line of a batch must see that this document is named.
        session.flush()
    return bool(found)


def of_account(name: str, account_id: uuid.UUID) -> ColumnElement[bool]:
    """The document was taken with, or gives back what was taken with, a merchant account."""
    if name == "payout_id":
        return Payout.payment_id.in_(select(Payment.id).where(Payment.merchant_account_id == account_id))
    if name == "dispute_id":
        return Dispute.merchant_account_id == account_id
    return Payment.merchant_account_id == account_id


def named(name: str, came: bool) -> ColumnElement[bool]:
    """A line of the same direction is about the document already, whoever said so."""
    model: Any = {"payment_id": Payment, "payout_id": Payout, "dispute_id": Dispute}[name]
    other = aliased(ProcessorLine)
    same_way = (other.amount_minor > 0) if came else (other.amount_minor < 0)
    return exists().where(other.org_id == model.org_id, getattr(other, name) == model.id, same_way)
