"""Card calls whose outcome comes late, twice, in the wrong order or never."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, text

from medspa.kernel import clock
from medspa.kernel.vocabulary import Account, AttemptState, PaymentStatus
from operational.checkout import attempts, cards, errors, schemas
from operational.checkout.answers import of_payment, of_payout
from operational.checkout.claims import Claim, StoredAnswer, claim
from operational.checkout.processor.inprocess import InProcessProcessor, read_event
from operational.checkout.processor.port import (
    NOT_RECEIVED,
    BalanceLine,
    ChargeRequest,
    Outcome,
    PaidOut,
    Processor,
    RefundRequest,
    Result,
)
from operational.checkout.processor.signature import sign
from operational.checkout.reconcile import reconcile_with
from operational.checkout.webhooks import Source, receive
from operational.models import JournalEntry, Payment, ProcessorAttempt
from tests.factories.checkout import Shop
from tests.support.together import ROUNDS, together

SECRET = b"s" * 32
SOURCE = Source("Processor-Signature", SECRET, read_event)


def claimed(shop: Shop) -> Claim:
    with shop.transaction() as session:
        held = claim(session, uuid.uuid4().hex, "fingerprint", shop.actor.id)
    assert isinstance(held, Claim)
    return held


def charge(
    shop: Shop, processor: Processor, token: str, amount: int = 5_000, **values: Any
) -> tuple[StoredAnswer, Payment]:
    """A deposit by card (or what `values` say), through all three steps."""
    asked = {
        "location_id": shop.north, "drawer_session_id": shop.drawers[shop.north], "tender": "card",
        "currency": "USD", "payment_token": token, "amount_minor": amount, "client_id": shop.client_id,
        **values,
    }  # fmt: skip
    held = claimed(shop)
    with shop.desk() as desk:
        request = schemas.PaymentIn.model_validate(asked)
        answer = cards.pay_by_card(desk, held, processor, request, of_payment)
    with shop.database.session("owner") as session:
        payment = session.scalars(
            select(Payment)
            .join(ProcessorAttempt, ProcessorAttempt.payment_id == Payment.id)
            .where(ProcessorAttempt.request_key == held.request_key)
        ).one()
    return answer, payment


def refund(shop: Shop, processor: Processor, payment: Payment, amount: int) -> StoredAnswer:
    request = schemas.PayoutIn(currency="USD", payment_id=payment.id, amount_minor=amount)
    with shop.desk() as desk:
        return cards.refund(desk, claimed(shop), processor, request, of_payout)


def reread(shop: Shop, payment: Payment) -> Payment:
    with shop.database.session("owner") as session:
        return session.get_one(Payment, (payment.org_id, payment.id))


def age(shop: Shop, by: timedelta) -> None:
    with shop.database.session("owner") as session:
        session.execute(
            text("update processor_attempt set created_at = created_at - :by where org_id = :org"),
            {"by": by, "org": shop.made.org_id},
        )


def entries(shop: Shop, source_id: uuid.UUID) -> int:
    with shop.database.session("owner") as session:
        return session.scalar(select(func.count()).where(JournalEntry.source_id == source_id)) or 0


def settle_all(shop: Shop, processor: Processor) -> int:
    return reconcile_with(shop.database.engine("app"), processor, timedelta(0)).settled


def deliver(shop: Shop, body: bytes) -> str:
    return receive(shop.database.engine("app"), SOURCE, body, sign(SECRET, body, clock.now()))


def test_a_timeout_after_the_charge_is_found_by_the_reconciler(
    shop: Shop, processor: InProcessProcessor
) -> None:
    answer, payment = charge(shop, processor, "tok_timeout_charged")
    assert (answer.status, payment.status, payment.business_date) == (202, PaymentStatus.UNKNOWN, None)
    assert shop.balance(Account.CARD_CLEARING) == 0
    assert settle_all(shop, processor) == 1
    assert reread(shop, payment).status is PaymentStatus.SUCCEEDED
    assert (entries(shop, payment.id), shop.balance(Account.CARD_CLEARING)) == (1, 5_000)


def test_a_lost_call_is_given_up_only_when_it_cannot_arrive_any_more(
    shop: Shop, processor: InProcessProcessor
) -> None:
    _, payment = charge(shop, processor, "tok_timeout_lost")
    assert settle_all(shop, processor) == 0
    age(shop, attempts.GIVEN_UP)
    assert settle_all(shop, processor) == 1
    found = reread(shop, payment)
    assert (found.status, found.decline_code) == (PaymentStatus.DECLINED, NOT_RECEIVED)
    assert entries(shop, payment.id) == 0


def test_money_taken_after_a_call_was_given_up_is_not_lost(shop: Shop, processor: InProcessProcessor) -> None:
    _, payment = charge(shop, processor, "tok_timeout_lost")
    age(shop, attempts.GIVEN_UP)
    settle_all(shop, processor)
    with shop.database.session("owner") as session:
        attempt = session.scalars(
            select(ProcessorAttempt).where(ProcessorAttempt.payment_id == payment.id)
        ).one()
    processor.charge(ChargeRequest(attempt.request_key, "m", 5_000, "USD", "tok_visa"))
    (body,) = [body for _, body in processor.undelivered()]
    assert deliver(shop, body) == "applied"
    assert reread(shop, payment).status is PaymentStatus.SUCCEEDED
    assert shop.balance(Account.CLIENT_DEPOSITS) == -5_000


def test_a_stale_call_is_not_made(shop: Shop, processor: InProcessProcessor) -> None:
    attempt = ProcessorAttempt(
        created_at=clock.now() - attempts.CALL_WINDOW - timedelta(seconds=1), state=AttemptState.CREATED
    )
    result = attempts.call(processor, attempt, ChargeRequest("k", "m", 1, "USD", "tok_visa"))
    assert (result.outcome, processor.operations()) == (Outcome.UNKNOWN, [])


def test_pending_money_counts_as_taken(shop: Shop, processor: InProcessProcessor) -> None:
    issued = shop.invoice()
    charge(shop, processor, "tok_timeout_charged", 10_000, client_id=None, invoice_id=issued.invoice.id)
    with pytest.raises(errors.MoreThanDue):
        shop.pay(issued.invoice.id)
    assert settle_all(shop, processor) == 1
    assert shop.balance(Account.ACCOUNTS_RECEIVABLE) == 0


@dataclass
class Watching:
    """The processor, noting what the database holds open while it is called."""

    real: Processor
    watch: Callable[[], list[tuple[Any, ...]]]
    seen: list[tuple[Any, ...]] = field(default_factory=list)
    calls: int = 0

    def charge(self, request: ChargeRequest) -> Result:
        self._note()
        return self.real.charge(request)

    def refund(self, request: RefundRequest) -> Result:
        self._note()
        return self.real.refund(request)

    def lookup(
        self, request_key: str, charge_reference: str | None = None, account: str = ""
    ) -> Result | None:
        self._note()
        return self.real.lookup(request_key, charge_reference, account)

    def balance_lines(self, account: str, after: str | None, since: datetime) -> Sequence[BalanceLine]:
        self._note()
        return self.real.balance_lines(account, after, since)

    def payouts(self, account: str, since: date) -> Sequence[PaidOut]:
        self._note()
        return self.real.payouts(account, since)

    def payout_lines(self, account: str, reference: str) -> Sequence[BalanceLine]:
        self._note()
        return self.real.payout_lines(account, reference)

    def _note(self) -> None:
        self.calls += 1
        self.seen += self.watch()


def test_nothing_is_held_while_the_processor_is_called(shop: Shop, processor: InProcessProcessor) -> None:
    admin = shop.database.connect("admin", autocommit=True)
    query = (
        "select pid, state from pg_stat_activity where datname = current_database()"
        " and usename = 'medspa_app' and xact_start is not null"
    )
    watching = Watching(processor, lambda: admin.execute(query).fetchall())
    _, payment = charge(shop, watching, "tok_visa")
    refund(shop, watching, payment, 1_000)
    charge(shop, watching, "tok_timeout_charged")
    assert settle_all(shop, watching) == 1
    assert (watching.calls, watching.seen) == (4, [])
    with shop.transaction() as session:
        session.execute(select(Payment.id))
        assert watching.watch(), "an open transaction would have been seen"


@pytest.mark.timeout(400)
def test_answer_event_and_reconciler_at_once_post_once(shop: Shop, processor: InProcessProcessor) -> None:
    for _ in range(ROUNDS):
        _, payment = charge(shop, processor, "tok_timeout_charged", 100)
        (sequence, body) = processor.undelivered()[-1]
        calls: list[Callable[[], object]] = [
            partial(deliver, shop, body), partial(deliver, shop, body),
            partial(settle_all, shop, processor), partial(settle_all, shop, processor),
        ]  # fmt: skip
        answers = together(calls)
        assert not [one for one in answers if isinstance(one, Exception)]
        assert entries(shop, payment.id) == 1
        processor.mark_delivered(sequence)
    assert shop.balance(Account.CARD_CLEARING) == ROUNDS * 100
    assert shop.balance(Account.CLIENT_DEPOSITS) == -ROUNDS * 100
