"""What a person says about the processor's lines that are about nothing of ours, and takes back.

A line in 1290 is matched with the payment, refund or dispute that it is, or booked as a cost of the practice;
one in another currency is said to be booked elsewhere. Each word is kept with who said it.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    DisputeStatus,
    LedgerEvent,
    PaymentStatus,
    Permission,
    ProcessorDecision,
    ProcessorItemReason,
    ProcessorLineBooking,
    ProcessorLineKind,
    Tender,
)
from operational.banking.errors import DoesNotMatch, ItemResolved, LineInOtherCurrency, NothingToUndo
from operational.banking.processor_booking import legs, move
from operational.banking.processor_subjects import named, of_account
from operational.checkout import refund_failures
from operational.checkout.queries import found
from operational.checkout.refund_failures import Teller
from operational.identity.access import Actor
from operational.ledger.days import open_business_date
from operational.ledger.unmatched import refused, unexplained
from operational.models import (
    Dispute,
    MerchantAccount,
    Payment,
    Payout,
    ProcessorLine,
    ProcessorLineDecision,
)

DOCUMENTS = ("payment_id", "payout_id", "dispute_id")


def book(
    session: Session,
    actor: Actor,
    line_id: uuid.UUID,
    booking: ProcessorLineBooking,
    reason: ProcessorItemReason,
) -> ProcessorLine:
    """A line is a cost, or takes one back; one in another currency is booked elsewhere.

    Raises Forbidden, NotFound, ItemResolved, LineInOtherCurrency, Invalid.
    """
    line = _hold(session, actor, line_id)
    elsewhere = booking is ProcessorLineBooking.ELSEWHERE
    if line.refused_as is not None and not elsewhere:
        raise LineInOtherCurrency(extra={"currency": line.currency})
    if line.refused_as is None and elsewhere:
        raise Invalid("booked_as: a line in the currency of the books is booked here.")
    before = legs(line)
    said = _say(session, actor, line, ProcessorDecision.BOOKED, booked_as=booking)
    line.booked_as, line.booked_reason = booking, reason
    line.booked_on, line.booked_by = said.business_date, actor.staff_id
    session.flush()
    move(session, line, before, LedgerEvent.PROCESSOR_LINE_BOOKED, said)
    return line


def match(
    session: Session, actor: Actor, line_id: uuid.UUID, name: str, match_id: uuid.UUID
) -> ProcessorLine:
    """A line is this payment, refund or dispute: its column and id. Money that came for a refund: it failed.

    Raises Forbidden, NotFound, ItemResolved, LineInOtherCurrency, DoesNotMatch.

    The document is of the line's merchant account and amount, and no other line is about it.
    """
    line = _hold(session, actor, line_id)
    if line.refused_as is not None:
        raise LineInOtherCurrency(extra={"currency": line.currency})
    before = legs(line)
    model, fits = _documents(line).get(name, (None, ()))
    place = model and session.scalar(select(model.location_id).where(model.id == match_id, *fits))
    if place is None:
        raise DoesNotMatch
    actor.require(Permission.PAYMENT_REFUND, place)
    said = _say(session, actor, line, ProcessorDecision.MATCHED, **{name: match_id})
    setattr(line, name, match_id)
    line.location_id = place
    session.flush()
    move(session, line, before, LedgerEvent.PROCESSOR_LINE_BOOKED, said)
    if name == "payout_id" and line.amount_minor > 0:
        refund_failures.record(session, match_id, line.occurred_on, Teller(actor.staff_id, line.id))
    return line


def undo(session: Session, actor: Actor, line_id: uuid.UUID) -> ProcessorLine:
    """Take back what a person said of a line, on the open day: it waits to be explained again.

    Raises Forbidden, NotFound, NothingToUndo; InsufficientBalance for a refund that failed by that word and
    whose credit is used.
    """
    line = _line(session, actor, line_id)
    said = session.scalars(
        select(ProcessorLineDecision)
        .where(ProcessorLineDecision.processor_line_id == line.id)
        .order_by(ProcessorLineDecision.id.desc())
        .limit(1)
    ).first()
    if said is None or said.kind is ProcessorDecision.UNDONE or not _stands(line, said):
        raise NothingToUndo
    actor.require(Permission.PAYMENT_REFUND, said.location_id)
    before, payout_id = legs(line), line.payout_id
    undone = _say(session, actor, line, ProcessorDecision.UNDONE, undoes_id=said.id)
    for name in (*DOCUMENTS, "booked_as", "booked_reason", "booked_on", "booked_by"):
        setattr(line, name, None)
    line.location_id = said.location_id
    session.flush()
    if payout_id is not None and line.amount_minor > 0:
        refund_failures.take_back(session, payout_id, Teller(actor.staff_id, line.id))
    move(session, line, before, LedgerEvent.PROCESSOR_LINE_BOOKED, undone)
    return line


def _stands(line: ProcessorLine, said: ProcessorLineDecision) -> bool:
    """Nothing was found out of the line since."""
    return line.booked_as is said.booked_as and all(
        getattr(line, name) == getattr(said, name) for name in DOCUMENTS
    )


def _say(
    session: Session, actor: Actor, line: ProcessorLine, kind: ProcessorDecision, **what: Any
) -> ProcessorLineDecision:
    said = ProcessorLineDecision(
        org_id=line.org_id, id=new_id(), processor_line_id=line.id, kind=kind, location_id=line.location_id,
        business_date=open_business_date(session, line.location_id), staff_id=actor.staff_id, **what,
    )  # fmt: skip
    session.add(said)
    return said


def _documents(line: ProcessorLine) -> dict[str, tuple[Any, tuple[ColumnElement[bool], ...]]]:
    """What a line of its kind and sign may be: the column, its table, and which of its rows fit."""
    came, size = line.amount_minor > 0, abs(line.amount_minor)
    open_to: dict[str, tuple[Any, tuple[ProcessorLineKind, ...], tuple[ColumnElement[bool], ...]]] = {
        "payment_id": (
            Payment,
            (ProcessorLineKind.CHARGE,) if came else (),
            (Payment.status == PaymentStatus.SUCCEEDED,),
        ),
        "payout_id": (
            Payout,
            (ProcessorLineKind.REFUND_FAILURE if came else ProcessorLineKind.REFUND,),
            (Payout.tender == Tender.CARD, Payout.status == PaymentStatus.SUCCEEDED),
        ),
        "dispute_id": (
            Dispute,
            (ProcessorLineKind.DISPUTE_REVERSAL if came else ProcessorLineKind.DISPUTE,),
            (true() if not came else Dispute.status == DisputeStatus.WON,),
        ),
    }
    return {
        name: (
            model,
            (
                *fits,
                of_account(name, line.merchant_account_id),
                model.currency == line.currency,
                model.amount_minor == size,
                ~named(name, came),
            ),
        )
        for name, (model, kinds, fits) in open_to.items()
        if kinds and (line.kind in kinds or line.kind is ProcessorLineKind.ADJUSTMENT)
    }


def _hold(session: Session, actor: Actor, line_id: uuid.UUID) -> ProcessorLine:
    """A line that waits for a person's word."""
    line = _line(session, actor, line_id)
    waits = or_(and_(*unexplained()), and_(*refused()))
    if session.scalar(select(ProcessorLine.id).where(ProcessorLine.id == line_id, waits)) is None:
        raise ItemResolved
    return line


def _line(session: Session, actor: Actor, line_id: uuid.UUID) -> ProcessorLine:
    """The merchant account, as the reading of its report holds it, then the line."""
    seen = found(session, ProcessorLine, line_id, "unmatched item")
    actor.require(Permission.PAYMENT_REFUND, seen.location_id)
    found(session, MerchantAccount, seen.merchant_account_id, "merchant account", lock=True)
    return found(session, ProcessorLine, line_id, "unmatched item", lock=True)
