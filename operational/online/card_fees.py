"""What a late cancellation or a no-show costs, charged to the card that was kept when the visit was booked.

Only where the location says so and the cancellation policy was accepted with the booking; once, in the three
steps of every card payment. Declined, the invoice stays owed, as one without a card does, and somebody at the
practice is asked to collect it.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import AllocationSource, AttemptState, DrawerKind, TaskKind, Tender
from operational.checkout import attempts
from operational.checkout.apply import Balance, hold_client, spend
from operational.checkout.desk import Desk
from operational.checkout.fees import deposit_left
from operational.checkout.payments import begin_card_payment
from operational.checkout.processor.port import ChargeRequest, Processor
from operational.checkout.queries import found, merchant_account_of
from operational.checkout.schemas import PaymentIn
from operational.identity.access import Actor
from operational.leads.tasks import add_task, finish_all
from operational.ledger.balances import invoice_open_minor, lock_invoice
from operational.ledger.drawers import virtual_session
from operational.models import (
    ClientCard,
    Invoice,
    Location,
    OnlineBooking,
    OnlineLocation,
    PolicyAcceptance,
    ProcessorAttempt,
)

WAITS = timedelta(minutes=5)
"""What is undone at the desk, or paid there, is not charged."""
TRIED = timedelta(days=2)
"""Older fees are not charged by surprise, as when the processor could not be asked for days."""
AT_ONCE = 100
DAY = timedelta(days=1)
# A visit that was moved late took its booking along: the fee is on the one before.
_DUE = text(
    "with recursive fee as ("
    " select i.id, i.appointment_id as visit from invoice i"
    "  join online_location l on l.location_id = i.location_id and i.issued_at >= l.fees_to_card_since"
    "  where i.issued_at between :since and :until and i.status <> 'voided'"
    "  and i.business_date between :first and :last"
    "  and (select sum(p.amount_minor) from posting p where p.org_id = i.org_id and p.invoice_id = i.id"
    "   and p.account = '1100') > 0"
    "  and exists (select from invoice_line n where n.invoice_id = i.id and n.kind = 'fee')"
    "  and not exists (select from payment p where p.invoice_id = i.id)"
    " union select fee.id, a.id from fee join appointment a on a.rescheduled_from_id = fee.visit"
    ") select fee.id, b.card_id from fee join online_booking b on b.appointment_id = fee.visit"
    " join client_card k on k.id = b.card_id and k.removed_at is null"
    # A deposit on its way comes first.
    " where not exists (select from payment d where d.appointment_id = fee.visit and d.purpose = 'deposit'"
    "  and d.status in ('pending', 'unknown'))"
    " and exists (select from policy_acceptance a where a.online_booking_id = b.id)"
    " order by fee.id limit :most"
)
_OWED = (
    "(select sum(p.amount_minor) from posting p where p.org_id = i.org_id and p.invoice_id = i.id"
    " and p.account = '1100') > 0"
)
_DECLINED = text(
    "select distinct i.location_id, i.client_id, i.appointment_id from processor_attempt a"  # noqa: S608 - ours
    " join payment p on p.id = a.payment_id join invoice i on i.id = p.invoice_id"
    f" where a.state = 'declined' and a.resolved_at >= :since and a.request_key like :fees and {_OWED}"
    # Of this fee: another one of the visit, after that was undone, is another task.
    " and not exists (select from task t where t.appointment_id = i.appointment_id"
    "  and t.kind = 'collect_fee' and t.created_at >= i.issued_at)"
)
_SETTLED = text(
    "select t.appointment_id from task t where t.kind = 'collect_fee' and t.done_at is null"  # noqa: S608 - ours
    f" and not exists (select from invoice i where i.appointment_id = t.appointment_id and {_OWED})"
)
_KEY = "medspa_fee_"


def due(session: Session) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Invoices that a kept card is to pay, each with its card."""
    now = clock.now()
    asked = {
        "since": now - TRIED, "until": now - WAITS, "most": AT_ONCE,
        # Issued today, it may be of a business date a little before or after.
        "first": (now - TRIED - DAY).date(), "last": (now + DAY).date(),
    }  # fmt: skip
    return [(row[0], row[1]) for row in session.execute(_DUE, asked)]


def ask_to_collect(session: Session, actor: Actor) -> None:
    """A task for each fee that is owed and whose card was declined, done once nothing is owed any more."""
    for appointment_id in session.scalars(_SETTLED).all():
        finish_all(session, actor, TaskKind.COLLECT_FEE, appointment_id=appointment_id)
    asked = {"since": clock.now() - TRIED, "fees": _KEY.replace("_", r"\_") + "%"}
    for row in session.execute(_DECLINED, asked):
        add_task(
            session, actor, TaskKind.COLLECT_FEE, row.location_id, client_id=row.client_id,
            appointment_id=row.appointment_id,
        )  # fmt: skip


def charge(desk: Desk, processor: Processor, invoice_id: uuid.UUID, card_id: uuid.UUID) -> None:
    """Take what is open on the invoice. Sent again it is the same charge."""
    with desk.transaction() as session:
        begun = _begin(session, desk.actor, invoice_id, card_id)
    if begun is None:
        return
    attempt, call = begun
    result = attempts.call(processor, attempt, call)
    with desk.transaction() as session:
        attempts.resolve(session, attempt.id, result, None)


def card_for(session: Session, location_id: uuid.UUID, appointment_id: uuid.UUID) -> ClientCard | None:
    """The card that a fee of this visit would be charged to."""
    return session.scalar(
        select(ClientCard)
        .join(OnlineBooking, OnlineBooking.card_id == ClientCard.id)
        .join(PolicyAcceptance, PolicyAcceptance.online_booking_id == OnlineBooking.id)
        .join(OnlineLocation, OnlineLocation.location_id == location_id)
        .where(
            OnlineBooking.appointment_id == appointment_id,
            OnlineLocation.fees_to_card_since.is_not(None),
            ClientCard.removed_at.is_(None),
        )
        .limit(1)
    )


def _use_deposit(session: Session, actor: Actor, invoice: Invoice, deposit: Balance) -> None:
    """A deposit that was on its way when the fee was invoiced pays for it first."""
    if invoice.appointment_id is None:
        return
    left = deposit_left(session, invoice.appointment_id)
    amount = min(left, deposit.total_minor, invoice_open_minor(session, invoice.id))
    if amount > 0:
        spend(session, actor, invoice, deposit, amount)


def _begin(
    session: TenantSession, actor: Actor, invoice_id: uuid.UUID, card_id: uuid.UUID
) -> tuple[ProcessorAttempt, ChargeRequest] | None:
    """Step one; None when nothing is owed any more, or the card is another merchant's."""
    invoice = found(session, Invoice, invoice_id, "invoice")
    card = found(session, ClientCard, card_id, "card")
    location = found(session, Location, invoice.location_id, "location")
    # The drawer and what the client holds before the invoice, as everywhere.
    drawer = virtual_session(session, location.id, DrawerKind.ONLINE)
    deposit = hold_client(session, invoice.client_id, AllocationSource.DEPOSIT)
    lock_invoice(session, invoice_id)
    _use_deposit(session, actor, invoice, deposit)
    if invoice_open_minor(session, invoice_id) <= 0 or (
        merchant_account_of(session, location).id != card.merchant_account_id
    ):
        return None
    request = PaymentIn(
        location_id=location.id, drawer_session_id=drawer.id, tender=Tender.CARD, currency=invoice.currency,
        invoice_id=invoice_id, payment_token=card.token, tips=[],
    )  # fmt: skip
    attempt = begin_card_payment(session, actor, request, _KEY + invoice_id.hex)
    if attempt.state is not AttemptState.CREATED:
        return None
    return attempt, attempts.charge_request(session, attempt, card.token)
