"""Card payments and refunds from end to end: commit the attempt, call the processor, commit the outcome.

Nothing is held while the processor is called. Whatever happens in between, the attempt is there to be
resolved: by the retry of the same request, by the processor's event, or by the reconciler.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import AttemptState
from operational.checkout import attempts, claims
from operational.checkout.claims import Claim, StoredAnswer
from operational.checkout.desk import Desk
from operational.checkout.payments import begin_card_payment
from operational.checkout.payouts import pay_out
from operational.checkout.processor.port import Processor
from operational.checkout.queries import present
from operational.checkout.schemas import PaymentIn, PayoutIn
from operational.models import ProcessorAttempt

Answering = Callable[[Session, uuid.UUID], StoredAnswer]


def pay_by_card(
    desk: Desk, held: Claim, processor: Processor, request: PaymentIn, answering: Answering
) -> StoredAnswer:
    """Take a card payment; the answer is stored with the outcome and its postings."""
    with desk.transaction() as session:
        attempt = begin_card_payment(session, desk.actor, request, held.request_key)
        payment_id = present(attempt.payment_id)
        call = attempts.charge_request(session, attempt, present(request.payment_token))
    held.begun = True
    return _finish(desk, held, processor, attempt, call, payment_id, answering)


def refund(
    desk: Desk, held: Claim, processor: Processor, request: PayoutIn, answering: Answering
) -> StoredAnswer:
    """Pay out; by card in three steps, anything else in one."""
    with desk.transaction() as session:
        payout = pay_out(session, desk.actor, request, held.request_key)
        attempt = attempts.of_payout(session, payout.id)
        if attempt is None:
            done = answering(session, payout.id)
            claims.finish(session, held, done)
            return done
        call = attempts.refund_request(session, attempt)
    held.begun = True
    return _finish(desk, held, processor, attempt, call, payout.id, answering)


def _finish(
    desk: Desk,
    held: Claim,
    processor: Processor,
    attempt: ProcessorAttempt,
    call: attempts.Request,
    subject_id: uuid.UUID,
    answering: Answering,
) -> StoredAnswer:
    settled = attempt.state in (AttemptState.SUCCEEDED, AttemptState.DECLINED)
    result = None if settled else attempts.call(processor, attempt, call)
    with desk.transaction() as session:
        if result is not None:
            attempts.resolve(session, attempt.id, result, desk.actor.staff_id)
        done = answering(session, subject_id)
        claims.finish(session, held, done)
    return done
