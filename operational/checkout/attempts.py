"""Calls to the card processor in three steps, and the one way in which an attempt is resolved.

Step one is committed by payments.py or payouts.py; here is the call, made with nothing held, and the
outcome with its postings. Desk, webhook and reconciler all resolve through `resolve`: the state moves under
the row's lock, so whoever comes second finds it moved and posts nothing.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import AttemptState, PaymentStatus
from operational.checkout import refund_settle
from operational.checkout.processor.port import (
    NOT_RECEIVED,
    UNKNOWN,
    ChargeRequest,
    Outcome,
    Processor,
    RefundRequest,
    Result,
)
from operational.checkout.queries import found, present
from operational.checkout.settle import record_success
from operational.ledger.balances import lock_invoice, lock_payment
from operational.memberships import dues
from operational.models import MerchantAccount, Payment, Payout, ProcessorAttempt

CALL_WINDOW = timedelta(minutes=5)
"""A call is made this long after its attempt was committed, or not at all."""
GIVEN_UP = timedelta(minutes=10)
"""An attempt that the processor has not heard of by then was never sent: CALL_WINDOW has long passed."""

Request = ChargeRequest | RefundRequest


def charge_request(session: Session, attempt: ProcessorAttempt, token: str) -> ChargeRequest:
    payment = found(session, Payment, present(attempt.payment_id), "payment")
    return ChargeRequest(
        attempt.request_key, _account(session, payment), payment.amount_minor, payment.currency, token
    )


def refund_request(session: Session, attempt: ProcessorAttempt) -> RefundRequest:
    payout = found(session, Payout, present(attempt.payout_id), "payout")
    payment = found(session, Payment, present(payout.payment_id), "payment")
    return RefundRequest(
        attempt.request_key,
        _account(session, payment),
        payment.processor_reference or "",
        payout.amount_minor,
        payout.currency,
    )


def whereabouts(session: Session, attempt: ProcessorAttempt) -> tuple[str, str | None]:
    """Where to look an attempt up: the merchant account and, for a refund, the charge it gives back."""
    if attempt.payment_id is not None:
        return _account(session, found(session, Payment, attempt.payment_id, "payment")), None
    payout = found(session, Payout, present(attempt.payout_id), "payout")
    payment = found(session, Payment, present(payout.payment_id), "payment")
    return _account(session, payment), payment.processor_reference


def _account(session: Session, payment: Payment) -> str:
    account = found(session, MerchantAccount, present(payment.merchant_account_id), "merchant account")
    return account.processor_account


def call(processor: Processor, attempt: ProcessorAttempt, request: Request) -> Result:
    """Step two, with no transaction open. A call that comes too late is not made: it is UNKNOWN."""
    if clock.now() - attempt.created_at > CALL_WINDOW:
        return UNKNOWN
    if isinstance(request, ChargeRequest):
        return processor.charge(request)
    return processor.refund(request)


def next_state(state: AttemptState, code: str | None, result: Result) -> AttemptState | None:
    """Where an attempt goes on this word; None: it stays.

    Success is final, a refusal too; only our own conclusion that a call never arrived gives way.
    """
    if state is AttemptState.SUCCEEDED:
        return None
    if state is AttemptState.DECLINED:
        overruled = code == NOT_RECEIVED and result.outcome is Outcome.SUCCEEDED
        return AttemptState.SUCCEEDED if overruled else None
    target = AttemptState(result.outcome.value)
    return None if target is state else target


def resolve(session: Session, attempt_id: uuid.UUID, result: Result, staff_id: uuid.UUID | None) -> bool:
    """Step three: bring the attempt and its payment or payout to where `result` says; whether it moved.

    Safe to call again and from several sides at once.
    """
    attempt = found(session, ProcessorAttempt, attempt_id, "attempt")
    held_dues = None
    if attempt.payment_id is not None:
        payment = found(session, Payment, attempt.payment_id, "payment")
        held_dues = dues.hold(session, payment)
        if payment.invoice_id is not None:
            lock_invoice(session, payment.invoice_id)
        subject: Payment | Payout = lock_payment(session, payment.id)
    else:
        subject = refund_settle.hold(session, present(attempt.payout_id))
    attempt = found(session, ProcessorAttempt, attempt_id, "attempt", lock=True)
    target = next_state(attempt.state, attempt.result_code, result)
    if target is None:
        return False
    attempt.state = target
    attempt.result_code = result.code
    attempt.resolved_at = clock.now() if target is not AttemptState.UNKNOWN else None
    subject.processor_reference = result.reference or subject.processor_reference
    if target is AttemptState.SUCCEEDED:
        if isinstance(subject, Payment):
            subject.card_brand = result.card_brand
            subject.card_last_four = result.card_last_four
            record_success(session, subject, staff_id)
            if held_dues is not None:
                dues.settle_captured(session, held_dues, staff_id)
        else:
            refund_settle.record_success(session, subject, staff_id)
    else:
        subject.status = PaymentStatus(target.value)
        subject.decline_code = result.code
    session.flush()
    return True


def of_payout(session: Session, payout_id: uuid.UUID) -> ProcessorAttempt | None:
    """The call that a payout waits for; None when it needs none."""
    return session.scalar(select(ProcessorAttempt).where(ProcessorAttempt.payout_id == payout_id))
