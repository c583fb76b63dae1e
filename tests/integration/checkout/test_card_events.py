"""Events of the processor, refunds to cards, and keys that outlive their call."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Account, LedgerEvent, PaymentStatus
from operational.app import create_app
from operational.checkout import cards, errors, schemas
from operational.checkout.answers import of_payment
from operational.checkout.claims import Claim, StoredAnswer, claim, forget, release
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.processor.open import open_inprocess, webhook_secret
from operational.checkout.processor.signature import sign
from operational.checkout.reconcile import reconcile
from operational.checkout.webhooks import receive
from operational.models import JournalEntry, Payout, Posting, ProcessorEvent
from tests.factories.checkout import Shop
from tests.integration.checkout.test_cards import SECRET, SOURCE, charge, deliver, refund, reread, settle_all
from tests.support.api import client_of
from tests.support.together import together


def test_events_count_once_and_in_any_order(shop: Shop, processor: InProcessProcessor) -> None:
    _, payment = charge(shop, processor, "tok_timeout_charged")
    (_, body) = processor.undelivered()[-1]
    failed = {**json.loads(body), "id": "evt_later", "type": "charge.failed", "code": "card_declined"}
    assert deliver(shop, body) == "applied"
    assert deliver(shop, body) == "repeated"
    assert deliver(shop, json.dumps(failed).encode()) == "ignored"
    assert reread(shop, payment).status is PaymentStatus.SUCCEEDED
    with shop.database.session("owner") as session:
        outcomes = session.scalars(
            select(ProcessorEvent.outcome)
            .where(ProcessorEvent.org_id == shop.made.org_id)
            .order_by(ProcessorEvent.id)
        ).all()
    assert outcomes == ["applied", "ignored"]


@pytest.mark.parametrize(
    "change", [{"amount_minor": 4_999}, {"currency": "EUR"}, {"type": "refund.succeeded"}]
)
def test_an_event_that_is_not_about_our_call_is_not_believed(
    shop: Shop, processor: InProcessProcessor, change: dict[str, Any]
) -> None:
    _, payment = charge(shop, processor, "tok_timeout_charged")
    (_, body) = processor.undelivered()[-1]
    assert deliver(shop, json.dumps({**json.loads(body), **change}).encode()) == "ignored"
    assert reread(shop, payment).status is PaymentStatus.UNKNOWN


def test_unsigned_old_and_strange_events_are_refused(shop: Shop, processor: InProcessProcessor) -> None:
    charge(shop, processor, "tok_timeout_charged")
    (_, body) = processor.undelivered()[-1]
    now = clock.now()
    engine = shop.database.engine("app")
    good = sign(SECRET, body, now)
    for header in (
        None, "", "t=1", "v1=00", good.replace("v1=", "v1=00"), sign(b"x" * 32, body, now),
        sign(SECRET, body, now - timedelta(minutes=6)), sign(SECRET, body, now + timedelta(minutes=6)),
        sign(SECRET, body + b" ", now), good + "," + good, "t=\u0661,v1=00", "t=99999999999999999999,v1=00",
    ):  # fmt: skip
        with pytest.raises(errors.SignatureRefused):
            receive(engine, SOURCE, body, header)
    for strange in (b"[]", b'{"id": 1', b'{"id": "e", "type": "charge.succeeded"}'):
        with pytest.raises(Invalid):
            deliver(shop, strange)
    unknown = {**json.loads(body), "request_key": "medspa_unknown"}
    assert deliver(shop, json.dumps(unknown).encode()) == "ignored"


def test_events_arrive_over_http(shop: Shop, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, operational=shop.database.dsns)
    books = open_inprocess(settings)
    _, payment = charge(shop, books, "tok_timeout_charged")
    (_, body) = books.undelivered()[-1]
    with client_of(settings, create_app(settings)) as client:
        signature = sign(webhook_secret(settings), body, clock.now())
        for expected in ("applied", "repeated"):
            answer = client.post(
                "/v1/processor/events", content=body, headers={"Processor-Signature": signature}
            )
            assert (answer.status_code, answer.json()) == (200, {"outcome": expected})
        refused = client.post(
            "/v1/processor/events", content=body, headers={"Processor-Signature": "t=1,v1=0"}
        )
        assert (refused.status_code, refused.json()["type"]) == (401, "urn:medspa:problem:signature-refused")
    assert reread(shop, payment).status is PaymentStatus.SUCCEEDED


def test_a_refund_that_times_out_is_not_given_twice(shop: Shop, processor: InProcessProcessor) -> None:
    _, payment = charge(shop, processor, "tok_refund_timeout", 6_000)
    answer = refund(shop, processor, payment, 4_000)
    assert answer.status == 202
    with pytest.raises(errors.MoreThanRefundable):
        refund(shop, processor, payment, 2_001)
    assert shop.balance(Account.CLIENT_DEPOSITS) == -6_000
    assert settle_all(shop, processor) == 1
    assert shop.balance(Account.CLIENT_DEPOSITS) == -2_000
    assert shop.balance(Account.CARD_CLEARING) == 2_000


def test_a_refused_refund_leaves_everything_as_it_was(shop: Shop, processor: InProcessProcessor) -> None:
    _, payment = charge(shop, processor, "tok_refund_declined", 6_000)
    assert refund(shop, processor, payment, 4_000).status == 402
    assert shop.balance(Account.CLIENT_DEPOSITS) == -6_000
    with shop.database.session("owner") as session:
        statuses = session.scalars(select(Payout.status).where(Payout.org_id == shop.made.org_id)).all()
    assert statuses == [PaymentStatus.DECLINED]


def test_six_card_refunds_at_once_never_exceed_the_charge(shop: Shop, processor: InProcessProcessor) -> None:
    for _ in range(20):
        _, payment = charge(shop, processor, "tok_visa", 10_000)
        answers = together([partial(refund, shop, processor, payment, 2_500)] * 6)
        assert sum(isinstance(one, StoredAnswer) and one.status == 201 for one in answers) == 4
    refunds = [one for one in processor.operations() if one["kind"] == "refund"]
    assert {one["outcome"] for one in refunds} == {"succeeded"}
    assert (len(refunds), shop.balance(Account.CLIENT_DEPOSITS)) == (80, 0)


def test_the_reconciler_finds_its_own_way(shop: Shop, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, operational=shop.database.dsns)
    charge(shop, open_inprocess(settings), "tok_timeout_charged")
    assert reconcile(settings, timedelta(0)).settled == 1
    assert shop.balance(Account.CARD_CLEARING) == 5_000


def test_every_entry_of_a_card_payment_is_dated_and_named(shop: Shop, processor: InProcessProcessor) -> None:
    _, payment = charge(shop, processor, "tok_mastercard")
    found = reread(shop, payment)
    assert (found.card_brand, found.card_last_four, found.business_date) == ("mastercard", "4444", shop.today)
    with shop.database.session("owner") as session:
        events = session.scalars(select(JournalEntry.event).where(JournalEntry.source_id == payment.id)).all()
    assert events == [LedgerEvent.PAYMENT_TAKEN]


def test_a_key_that_was_forgotten_charges_again(shop: Shop, processor: InProcessProcessor) -> None:
    asked = {
        "location_id": shop.north, "drawer_session_id": shop.drawers[shop.north], "tender": "card",
        "currency": "USD", "payment_token": "tok_visa", "amount_minor": 5_000, "client_id": shop.client_id,
    }  # fmt: skip
    key = uuid.uuid4().hex
    for _ in range(2):
        with shop.transaction() as session:
            held = claim(session, key, "fingerprint", shop.actor.id)
        assert isinstance(held, Claim)
        with shop.desk() as desk:
            cards.pay_by_card(desk, held, processor, schemas.PaymentIn.model_validate(asked), of_payment)
        with shop.transaction() as session:
            assert forget(session, clock.now() + timedelta(seconds=1)) >= 1
    assert shop.balance(Account.CARD_CLEARING) == 10_000


def test_a_key_whose_call_may_have_been_made_is_not_given_back(
    shop: Shop, processor: InProcessProcessor
) -> None:
    _, payment = charge(shop, processor, "tok_timeout_charged")
    with shop.transaction() as session:
        held = claim(session, uuid.uuid4().hex, "fingerprint", shop.actor.id)
        assert isinstance(held, Claim)
        session.execute(
            text("update processor_attempt set request_key = :key where payment_id = :payment"),
            {"key": held.request_key, "payment": payment.id},
        )
        release(session, held)
    with pytest.raises(errors.InProgress), shop.transaction() as session:
        claim(session, held.key, "fingerprint", shop.actor.id)


def test_a_refund_heard_of_on_a_later_day_keeps_its_own_date(
    shop: Shop, processor: InProcessProcessor
) -> None:
    _, deposit = charge(shop, processor, "tok_refund_timeout")
    refund(shop, processor, deposit, 5_000)
    with clock.frozen(clock.now() + timedelta(days=1)):
        settle_all(shop, processor)
    with shop.database.session("owner") as session:
        dates = select(Posting.business_date, Posting.external_date).join(
            JournalEntry, JournalEntry.id == Posting.entry_id
        )
        found = session.execute(
            dates.where(
                JournalEntry.event == LedgerEvent.DEPOSIT_RETURNED, Posting.org_id == shop.made.org_id
            )
        ).all()
    assert {tuple(one) for one in found} == {(shop.today + timedelta(days=1), shop.today)}


def test_one_call_that_cannot_be_booked_holds_up_no_other(shop: Shop, processor: InProcessProcessor) -> None:
    _, deposit = charge(shop, processor, "tok_refund_timeout")
    refund(shop, processor, deposit, 5_000)
    _, waiting = charge(shop, processor, "tok_timeout_charged")
    holder = shop.database.connect("owner")
    holder.execute("select 1 from payout where payment_id = %s for update", (deposit.id,))
    settle_all(shop, processor)
    assert reread(shop, waiting).status is PaymentStatus.SUCCEEDED
    assert shop.balance(Account.CARD_CLEARING) == 10_000
    holder.rollback()
    assert settle_all(shop, processor) == 1
    assert shop.balance(Account.CARD_CLEARING) == 5_000
