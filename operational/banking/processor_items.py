"""What a person says about the processor's lines in 1290 that are about nothing of ours.

A line is matched with the payment, refund or dispute that it is, or booked as a cost of the practice; once.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, exists, select, true
from sqlalchemy.orm import Session, aliased

from medspa.kernel.vocabulary import (
    DisputeStatus,
    LedgerEvent,
    PaymentStatus,
    Permission,
    ProcessorItemReason,
    ProcessorLineBooking,
    ProcessorLineKind,
    Tender,
)
from operational.banking.errors import DoesNotMatch, ItemResolved
from operational.banking.processor_booking import legs, move
from operational.checkout.queries import found
from operational.identity.access import Actor
from operational.ledger.days import open_business_date
from operational.ledger.unmatched import unexplained
from operational.models import Dispute, MerchantAccount, Payment, Payout, ProcessorLine


def book(
    session: Session,
    actor: Actor,
    line_id: uuid.UUID,
    booking: ProcessorLineBooking,
    reason: ProcessorItemReason,
) -> ProcessorLine:
    """A line is a cost, or takes one back. Raises Forbidden, NotFound, ItemResolved."""
    line = _hold(session, actor, line_id)
    before = legs(line)
    day = open_business_date(session, line.location_id)
    line.booked_as, line.booked_reason = booking, reason
    line.booked_on, line.booked_by = day, actor.staff_id
    session.flush()
    move(session, line, before, LedgerEvent.PROCESSOR_LINE_BOOKED, actor.staff_id)
    return line


def match(
    session: Session, actor: Actor, line_id: uuid.UUID, named: str, match_id: uuid.UUID
) -> ProcessorLine:
    """A line is this payment, refund or dispute: its column and id.

    Raises Forbidden, NotFound, ItemResolved, DoesNotMatch.

    The document is of the line's merchant account and amount, and no other line is about it.
    """
    line = _hold(session, actor, line_id)
    before = legs(line)
    for name, model, fits in _documents(line):
        if name != named:
            continue
        place = session.scalar(select(model.location_id).where(model.id == match_id, *fits))
        if place is not None:
            actor.require(Permission.PAYMENT_REFUND, place)
            setattr(line, name, match_id)
            line.location_id = place
            session.flush()
            move(session, line, before, LedgerEvent.PROCESSOR_LINE_BOOKED, actor.staff_id)
            return line
    raise DoesNotMatch


def _documents(line: ProcessorLine) -> list[tuple[str, Any, tuple[ColumnElement[bool], ...]]]:
    """What a line of its kind and sign may be: the column, the table, and which of its rows fit."""
    came, size = line.amount_minor > 0, abs(line.amount_minor)
    account = line.merchant_account_id
    of_account = select(Payment.id).where(Payment.merchant_account_id == account)
    open_to: dict[str, tuple[Any, tuple[ProcessorLineKind, ...], tuple[ColumnElement[bool], ...]]] = {
        "payment_id": (
            Payment,
            (ProcessorLineKind.CHARGE,) if came else (),
            (Payment.merchant_account_id == account, Payment.status == PaymentStatus.SUCCEEDED),
        ),
        "payout_id": (
            Payout,
            () if came else (ProcessorLineKind.REFUND,),
            (
                Payout.payment_id.in_(of_account),
                Payout.tender == Tender.CARD,
                Payout.status == PaymentStatus.SUCCEEDED,
            ),
        ),
        "dispute_id": (
            Dispute,
            (ProcessorLineKind.DISPUTE_REVERSAL if came else ProcessorLineKind.DISPUTE,),
            (
                Dispute.merchant_account_id == account,
                true() if not came else Dispute.status == DisputeStatus.WON,
            ),
        ),
    }
    return [
        (name, model, (*fits, model.amount_minor == size, ~_named(name, model, line)))
        for name, (model, kinds, fits) in open_to.items()
        if kinds and (line.kind in kinds or line.kind is ProcessorLineKind.ADJUSTMENT)
    ]


def _named(name: str, model: Any, line: ProcessorLine) -> ColumnElement[bool]:
    """Another line of the same direction is about the document."""
    other = aliased(ProcessorLine)
    same_way = (other.amount_minor > 0) if line.amount_minor > 0 else (other.amount_minor < 0)
    return exists().where(other.org_id == model.org_id, getattr(other, name) == model.id, same_way)


def _hold(session: Session, actor: Actor, line_id: uuid.UUID) -> ProcessorLine:
    """The merchant account, as the reading of its report holds it, then the line."""
    seen = found(session, ProcessorLine, line_id, "unmatched item")
    actor.require(Permission.PAYMENT_REFUND, seen.location_id)
    found(session, MerchantAccount, seen.merchant_account_id, "merchant account", lock=True)
    line = found(session, ProcessorLine, line_id, "unmatched item", lock=True)
    if session.scalar(select(ProcessorLine.id).where(ProcessorLine.id == line_id, *unexplained())) is None:
        raise ItemResolved
    return line
