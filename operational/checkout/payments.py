"""Taking money: cash with change and rounding, checks, and the first step of a card payment.

Deposits are payments without an invoice. What a payment posts is in settle.py; cards go on in attempts.py.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.money import round_cash
from medspa.kernel.vocabulary import (
    AttemptState,
    InvoiceStatus,
    PaymentPurpose,
    PaymentStatus,
    Permission,
    Tender,
)
from operational.checkout.errors import InvoiceVoided, MoreThanDue, ProgrammeUnfit, TenderedTooLittle
from operational.checkout.queries import (
    found,
    location_with,
    merchant_account_of,
    open_drawer_session,
    pending_on_invoice,
    present,
    require_client,
)
from operational.checkout.schemas import PaymentIn
from operational.checkout.settle import record_success
from operational.identity.access import Actor
from operational.ledger.balances import invoice_open_minor, lock_invoice
from operational.models import (
    Appointment,
    Invoice,
    Location,
    Payment,
    ProcessorAttempt,
    StaffMember,
    TenderProgramme,
    Tip,
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that may go ahead: what it settles and for whom."""

    location: Location
    client_id: uuid.UUID
    settle_minor: int
    tip_minor: int


def take_payment(session: Session, actor: Actor, request: PaymentIn) -> Payment:
    """Take cash, a check or what a third party will pay, settle and post it.

    Raises Forbidden, NotFound, WrongCurrency, DrawerNotOpen, DrawerUnfit, MoreThanDue, TenderedTooLittle.
    """
    asked = _check(session, actor, request)
    payment = _payment(actor, request, asked)
    if request.tender is Tender.CASH:
        _cash(payment, request, asked)
    if request.programme_id is not None:
        programme = found(session, TenderProgramme, request.programme_id, "programme")
        if not programme.active:
            raise ProgrammeUnfit
    _write(session, payment, request)
    record_success(session, payment, actor.staff_id)
    session.flush()
    return payment


def begin_card_payment(
    session: Session, actor: Actor, request: PaymentIn, request_key: str
) -> ProcessorAttempt:
    """Step one: the payment as pending and the attempt, to be committed before the processor is called.

    The same request key gives the attempt it had: a request taken up again never charges twice.
    """
    known = session.scalar(
        select(ProcessorAttempt)
        .where(ProcessorAttempt.request_key == request_key)
        .execution_options(populate_existing=True)
    )
    if known is not None:
        return known
    asked = _check(session, actor, request)
    payment = _payment(actor, request, asked)
    payment.status = PaymentStatus.PENDING
    payment.merchant_account_id = merchant_account_of(session, asked.location).id
    _write(session, payment, request)
    attempt = ProcessorAttempt(
        org_id=actor.org_id,
        payment_id=payment.id,
        attempt_no=1,
        request_key=request_key,
        state=AttemptState.CREATED,
    )
    session.add(attempt)
    session.flush()
    return attempt


def _check(session: Session, actor: Actor, request: PaymentIn) -> _Asked:
    actor.require(Permission.PAYMENT_TAKE, request.location_id)
    location = location_with(session, request.location_id, request.currency)
    if request.invoice_id is None:
        client_id, settle = _deposit(session, request)
    else:
        invoice = lock_invoice(session, request.invoice_id)
        client_id, settle = invoice.client_id, _due(session, invoice, request)
    open_drawer_session(session, request.drawer_session_id, location.id, request.tender)
    providers = {tip.provider_id for tip in request.tips}
    known = session.scalars(
        select(StaffMember.id).where(StaffMember.id.in_(providers), StaffMember.is_provider)
    ).all()
    if len(known) != len(providers):
        raise NotFound("There is no such provider to tip.")
    return _Asked(location, client_id, settle, sum(tip.amount_minor for tip in request.tips))


def _deposit(session: Session, request: PaymentIn) -> tuple[uuid.UUID, int]:
    client_id = present(request.client_id)
    require_client(session, client_id)
    if request.appointment_id is not None:
        appointment = found(session, Appointment, request.appointment_id, "appointment")
        if appointment.client_id != client_id:
            raise Invalid("The appointment is of another client.")
    return client_id, present(request.amount_minor)


def _due(session: Session, invoice: Invoice, request: PaymentIn) -> int:
    """What to settle of a held invoice, card payments in flight set aside."""
    if invoice.status is InvoiceStatus.VOIDED:
        raise InvoiceVoided
    if invoice.currency != request.currency:
        raise Invalid("The invoice is in another currency.")
    due = max(invoice_open_minor(session, invoice.id) - pending_on_invoice(session, invoice.id), 0)
    settle = due if request.amount_minor is None else request.amount_minor
    if settle == 0 or (settle > due and request.excess == "refuse"):
        raise MoreThanDue(
            "Nothing is due on this invoice." if due == 0 else "Send at most what is due.",
            {"due_minor": due},
        )
    return settle


def _payment(actor: Actor, request: PaymentIn, asked: _Asked) -> Payment:
    purpose = PaymentPurpose.DEPOSIT if request.invoice_id is None else PaymentPurpose.INVOICE
    return Payment(
        org_id=actor.org_id, client_id=asked.client_id, location_id=asked.location.id,
        drawer_session_id=request.drawer_session_id, invoice_id=request.invoice_id, purpose=purpose,
        tender=request.tender, status=PaymentStatus.PENDING, currency=request.currency,
        amount_minor=asked.settle_minor + asked.tip_minor, tip_minor=asked.tip_minor, rounding_minor=0,
        check_number=request.check_number, programme_id=request.programme_id,
        appointment_id=request.appointment_id, taken_by=actor.staff_id,
    )  # fmt: skip


def _cash(payment: Payment, request: PaymentIn, asked: _Asked) -> None:
    """Round the cash part to the smallest coin, after tax; the rest of what was handed over is change."""
    exact = payment.amount_minor
    payment.amount_minor = round_cash(exact, asked.location.cash_step_minor)
    payment.rounding_minor = payment.amount_minor - exact
    tendered = request.tendered_minor or 0
    if payment.amount_minor < max(payment.tip_minor, 1):
        raise Invalid("The amount is below the smallest coin; use another tender or adjust the price.")
    if tendered < payment.amount_minor:
        raise TenderedTooLittle(extra={"to_pay_minor": payment.amount_minor})
    payment.tendered_minor = tendered
    payment.change_minor = tendered - payment.amount_minor


def _write(session: Session, payment: Payment, request: PaymentIn) -> None:
    session.add(payment)
    session.flush()
    session.add_all(
        Tip(
            org_id=payment.org_id,
            payment_id=payment.id,
            provider_id=tip.provider_id,
            amount_minor=tip.amount_minor,
        )
        for tip in request.tips
    )
    session.flush()
