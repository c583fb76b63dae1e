"""Taking money and giving it back, tender by tender. What is owed and why is in checkout.py."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from medspa.kernel.database import TenantSession
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Purpose, Tender
from operational.checkout import attempts, payments, payouts
from operational.checkout.processor.port import Outcome
from operational.checkout.queries import found, present
from operational.checkout.schemas import PaymentIn, PayoutIn
from operational.identity.access import Actor
from operational.models import ProcessorAttempt
from operational.simulation.stage import Paid, Stage

CURRENCY = "USD"
NOTE = 2_000
"""Cash is handed over in notes of twenty."""
UNANSWERED, DECLINED = "tok_timeout_charged", "tok_declined"


@dataclass(frozen=True, slots=True)
class Call:
    """A card call that waits for its transaction to be committed."""

    attempt: ProcessorAttempt
    request: attempts.Request


def request_key() -> str:
    return f"medspa_sim_{new_id().hex}"


def asked(
    stage: Stage, place: str, tender: Tender, tip: tuple[uuid.UUID, int] | None = None, **extra: object
) -> PaymentIn:
    """A payment into the place's open drawer session."""
    body: dict[str, object] = {
        "location_id": stage.ids.places[place],
        "drawer_session_id": stage.ids.sessions[place],
        "tender": tender,
        "currency": CURRENCY,
        "tips": [{"provider_id": tip[0], "amount_minor": tip[1]}] if tip else [],
        **extra,
    }
    return PaymentIn.model_validate(body)


def cash(
    session: TenantSession,
    stage: Stage,
    place: str,
    invoice_id: uuid.UUID,
    amount: int,
    tip: tuple[uuid.UUID, int] | None = None,
) -> Paid:
    exact = amount + (tip[1] if tip else 0)
    tendered = -(-(exact + 4) // NOTE) * NOTE
    sent = asked(
        stage, place, Tender.CASH, tip, invoice_id=invoice_id, amount_minor=amount, tendered_minor=tendered
    )
    paid = payments.take_payment(session, stage.front, sent)
    stage.memory.cash[place] += paid.amount_minor
    return Paid(paid.id, "cash", place, amount)


def check(
    session: TenantSession, stage: Stage, place: str, invoice_id: uuid.UUID, amount: int, number: int
) -> Paid:
    sent = asked(
        stage,
        place,
        Tender.CHECK,
        invoice_id=invoice_id,
        amount_minor=amount,
        check_number=str(1_000 + number),
    )
    taken = payments.take_payment(session, stage.front, sent).id
    stage.memory.checks[place].append(taken)
    return Paid(taken, "check", place, amount)


def begin_card(session: TenantSession, stage: Stage, sent: PaymentIn) -> Call:
    """Step one, inside the caller's transaction; `capture` follows its commit."""
    attempt = payments.begin_card_payment(session, stage.front, sent, request_key())
    return Call(attempt, attempts.charge_request(session, attempt, present(sent.payment_token)))


def capture(stage: Stage, call: Call, place: str) -> Paid | None:
    """The call and its outcome; None when the card was declined."""
    result = attempts.call(stage.processor, call.attempt, call.request)
    with stage.act(stage.front, Purpose.PAYMENT) as session:
        attempts.resolve(session, call.attempt.id, result, stage.front.staff_id)
    if result.outcome is Outcome.UNKNOWN:
        stage.memory.unanswered[place].append(call.attempt.id)
    if result.outcome is Outcome.DECLINED or call.attempt.payment_id is None:
        return None
    return Paid(call.attempt.payment_id, "card", place, call.request.amount_minor)


def give_back(stage: Stage, actor: Actor, sent: PayoutIn) -> None:
    """A payout; by card with its call."""
    with stage.act(actor, Purpose.PAYMENT) as session:
        payout = payouts.pay_out(session, actor, sent, request_key())
        attempt = attempts.of_payout(session, payout.id)
        request = None if attempt is None else attempts.refund_request(session, attempt)
    if attempt is not None and request is not None:
        result = attempts.call(stage.processor, attempt, request)
        with stage.act(actor, Purpose.PAYMENT) as session:
            attempts.resolve(session, attempt.id, result, actor.staff_id)


def settle_unanswered(stage: Stage, place: str) -> None:
    """What the processor did not answer is asked for before the day is closed."""
    for attempt_id in stage.memory.unanswered.pop(place, []):
        with stage.act(stage.front, Purpose.PAYMENT) as session:
            attempt = found(session, ProcessorAttempt, attempt_id, "attempt")
            account, charge = attempts.whereabouts(session, attempt)
        result = stage.processor.lookup(attempt.request_key, charge, account)
        if result is not None:
            with stage.act(stage.front, Purpose.PAYMENT) as session:
                attempts.resolve(session, attempt_id, result, stage.front.staff_id)
