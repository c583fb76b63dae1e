"""Disputes of card payments: opened, won, lost (metrics, section 7: rows 23 to 25).

The processor tells of them at its own time and in any order: each event tells everything, so a verdict that
comes first opens the dispute too. They post to the open day and keep the processor's date.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import TryAgain
from medspa.kernel.vocabulary import (
    Account,
    DisputeStatus,
    LedgerEvent,
    PaymentStatus,
    Permission,
)
from operational.checkout import unredeemed
from operational.checkout.errors import DisputeNotLost
from operational.checkout.processor.port import Disputed
from operational.checkout.queries import found, present
from operational.checkout.unredeemed import hold
from operational.identity.access import Actor
from operational.ledger.balances import lock_invoice
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, across_locations, post
from operational.models import Dispute, DisputeFee, Location, Payment


def hear(session: Session, told: Disputed, payment_id: uuid.UUID) -> bool:
    """Book what an event tells; whether anything was new. What contradicts a verdict changes nothing.

    Raises TryAgain while the charge itself is not booked.
    """
    payment = hold(session, payment_id)
    if (told.currency, told.amount_minor <= payment.amount_minor) != (payment.currency, True):
        return False
    if payment.status is not PaymentStatus.SUCCEEDED:
        raise TryAgain
    dispute = session.scalar(
        select(Dispute)
        .where(Dispute.dispute_reference == told.reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    news = dispute is None
    if dispute is None:
        dispute = _open(session, told, payment)
    news = _charge_late_fee(session, told, dispute) or news
    if told.status is DisputeStatus.OPENED or dispute.status is not DisputeStatus.OPENED:
        return news
    day, external = _dates(session, payment.location_id, told.closed_at or told.opened_at)
    dispute.status = told.status
    dispute.resolved_on, dispute.external_resolved_on = day, external
    if told.status is DisputeStatus.WON:
        dispute.fee_returned_minor = min(told.fee_returned_minor, dispute.fee_minor)
        lines, event = _won(dispute), LedgerEvent.DISPUTE_WON
    else:
        lines, event = _lost(session, dispute, payment), LedgerEvent.DISPUTE_LOST
    session.flush()
    _post(session, dispute, event, lines, external, None)
    return True


def bill_again(session: Session, actor: Actor, dispute_id: uuid.UUID) -> Dispute:
    """A lost dispute that the client owes after all: its invoice is open again.

    Raises Forbidden, NotFound, DisputeNotLost.
    """
    seen = found(session, Dispute, dispute_id, "dispute")
    actor.require(Permission.PAYMENT_REFUND, seen.location_id)
    payment = hold(session, seen.payment_id)
    dispute = found(session, Dispute, dispute_id, "dispute", lock=True)
    amount = dispute.amount_minor - dispute.prepaid_taken_minor - dispute.billed_again_minor
    if dispute.status is not DisputeStatus.LOST or payment.invoice_id is None or amount <= 0:
        raise DisputeNotLost
    dispute.billed_again_minor = amount
    place = dispute.location_id
    invoice = lock_invoice(session, payment.invoice_id)
    lines = [
        Line(Account.ACCOUNTS_RECEIVABLE, amount, invoice.location_id, invoice_id=invoice.id),
        Line(Account.CHARGEBACKS, -amount, place),
    ]
    session.flush()
    _post(session, dispute, LedgerEvent.DISPUTE_BILLED_AGAIN, lines, None, actor.staff_id)
    return dispute


def _open(session: Session, told: Disputed, payment: Payment) -> Dispute:
    day, external = _dates(session, payment.location_id, told.opened_at)
    dispute = Dispute(
        org_id=payment.org_id, payment_id=payment.id, location_id=payment.location_id,
        merchant_account_id=present(payment.merchant_account_id), dispute_reference=told.reference,
        status=DisputeStatus.OPENED, currency=payment.currency, amount_minor=told.amount_minor,
        fee_minor=told.fee_minor, fee_returned_minor=0, prepaid_taken_minor=0, billed_again_minor=0,
        opened_on=day, external_opened_on=external,
    )  # fmt: skip
    session.add(dispute)
    session.flush()
    _tell_fee(session, dispute, dispute.fee_minor, day)
    lines = [
        Line(Account.DISPUTED_FUNDS, dispute.amount_minor, dispute.location_id),
        Line(Account.PROCESSOR_FEES, dispute.fee_minor, dispute.location_id),
        _clearing(dispute, -dispute.amount_minor - dispute.fee_minor),
    ]
    _post(session, dispute, LedgerEvent.DISPUTE_OPENED, lines, external, None)
    return dispute


def _charge_late_fee(session: Session, told: Disputed, dispute: Dispute) -> bool:
    """The fee, or more of it, that the processor tells of only after the opening."""
    more = told.fee_minor - dispute.fee_minor
    if more <= 0:
        return False
    day, external = _dates(session, dispute.location_id, told.closed_at or told.opened_at)
    dispute.fee_minor += more
    _tell_fee(session, dispute, more, day)
    session.flush()
    post(
        session,
        event=LedgerEvent.DISPUTE_OPENED,
        source_kind="dispute_fee",
        source_id=uuid.uuid5(dispute.id, str(dispute.fee_minor)),
        lines=[Line(Account.PROCESSOR_FEES, more, dispute.location_id), _clearing(dispute, -more)],
        external_date=external,
    )
    return True


def _tell_fee(session: Session, dispute: Dispute, fee_minor: int, day: date) -> None:
    if fee_minor:
        row = DisputeFee(
            org_id=dispute.org_id, dispute_id=dispute.id, location_id=dispute.location_id, business_date=day,
            fee_minor=fee_minor,
        )  # fmt: skip
        session.add(row)


def _won(dispute: Dispute) -> list[Line]:
    return [
        _clearing(dispute, dispute.amount_minor + dispute.fee_returned_minor),
        Line(Account.DISPUTED_FUNDS, -dispute.amount_minor, dispute.location_id),
        Line(Account.PROCESSOR_FEES, -dispute.fee_returned_minor, dispute.location_id),
    ]


def _lost(session: Session, dispute: Dispute, payment: Payment) -> list[Line]:
    """What the payment bought and nobody has used yet is owed no more; the rest is the house's loss."""
    taken = unredeemed.take(session, payment, dispute.amount_minor)
    dispute.prepaid_taken_minor = sum(one.amount_minor for one in taken)
    left = dispute.amount_minor - dispute.prepaid_taken_minor
    return [
        *taken,
        Line(Account.CHARGEBACKS, left, dispute.location_id),
        Line(Account.DISPUTED_FUNDS, -dispute.amount_minor, dispute.location_id),
    ]


def _clearing(dispute: Dispute, amount: int) -> Line:
    account = dispute.merchant_account_id
    return Line(Account.CARD_CLEARING, amount, dispute.location_id, merchant_account_id=account)


def _dates(session: Session, location_id: uuid.UUID, at: datetime) -> tuple[date, date | None]:
    """The open day, and the processor's own day where it is another."""
    location = found(session, Location, location_id, "location")
    day = open_business_date(session, location_id)
    happened = clock.business_date(at, location.timezone, location.cutover_hour)
    return day, happened if happened != day else None


def _post(
    session: Session,
    dispute: Dispute,
    event: LedgerEvent,
    lines: list[Line],
    external: date | None,
    staff_id: uuid.UUID | None,
) -> None:
    post(
        session,
        event=event,
        source_kind="dispute",
        source_id=dispute.id,
        lines=across_locations(lines),
        external_date=external,
        staff_id=staff_id,
    )
