"""Disputes: opened, won and lost by the processor's events, in any order, once each, on the open day."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, text

from medspa.kernel import clock
from medspa.kernel.errors import TryAgain
from medspa.kernel.vocabulary import Account, DisputeStatus
from operational.checkout import apply, disputes, errors, schemas
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.queries import found
from operational.models import Dispute, JournalEntry, Payment, Posting
from tests.factories import prepaid
from tests.factories.checkout import Shop, open_shop
from tests.integration.checkout.test_cards import charge, deliver, refund
from tests.support.databases import Database
from tests.support.together import together

ROUNDS = 15


def events(processor: InProcessProcessor) -> list[bytes]:
    """Undelivered events about disputes."""
    return [body for _, body in processor.undelivered() if json.loads(body)["type"].startswith("dispute")]


def paid_by_card(shop: Shop, processor: InProcessProcessor, amount: int = 10_000) -> Payment:
    """An invoice's payment by card; the deposit of the helper is used on no invoice."""
    _, payment = charge(shop, processor, "tok_visa", amount)
    return payment


def dispute_of(shop: Shop, payment: Payment) -> Dispute:
    with shop.database.session("owner") as session:
        row = session.scalars(select(Dispute).where(Dispute.payment_id == payment.id)).one()
        session.expunge(row)
        return row


def test_opened_and_won_in_any_order_and_once(shop: Shop, processor: InProcessProcessor) -> None:
    payment = paid_by_card(shop, processor)
    reference = processor.dispute(str(payment.processor_reference), 8_000)
    processor.close_dispute(reference, won=True, fee_returned_minor=1_500)
    opened, won = events(processor)
    assert [deliver(shop, one) for one in (won, opened, won, opened)] == [
        "applied", "ignored", "repeated", "repeated",
    ]  # fmt: skip
    dispute = dispute_of(shop, payment)
    assert dispute.status is DisputeStatus.WON
    assert shop.postings(dispute.id) == [
        ("1020", -9_500), ("1020", 9_500), ("1040", -8_000), ("1040", 8_000),
        ("6010", -1_500), ("6010", 1_500),
    ]  # fmt: skip
    lost = {**json.loads(won), "id": "evt_other", "type": "dispute.lost"}
    assert deliver(shop, json.dumps(lost).encode()) == "ignored"


def test_a_lost_dispute_takes_what_is_still_owed_and_the_house_bears_the_rest(
    shop: Shop, processor: InProcessProcessor
) -> None:
    payment = paid_by_card(shop, processor, 6_000)
    processor.dispute(str(payment.processor_reference), 5_000)
    deliver(shop, events(processor)[-1])
    with pytest.raises(errors.MoreThanRefundable):
        refund(shop, processor, payment, 1_001)
    (reference,) = {json.loads(one)["reference"] for one in events(processor)}
    bill = shop.invoice()
    use_deposit(shop, bill.invoice.id, 4_000)
    processor.close_dispute(reference, won=False)
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert deliver(shop, events(processor)[-1]) == "applied"
    dispute = dispute_of(shop, payment)
    assert (dispute.prepaid_taken_minor, dispute.resolved_on, dispute.external_resolved_on) == (
        2_000, shop.today + timedelta(days=1), shop.today,
    )  # fmt: skip
    assert shop.postings(dispute.id) == [
        ("1020", -6_500), ("1040", -5_000), ("1040", 5_000), ("2100", 2_000),
        ("6010", 1_500), ("6030", 3_000),
    ]  # fmt: skip
    with shop.database.session("owner") as session:
        late = session.scalars(
            select(Posting).where(Posting.account == "6030", Posting.org_id == shop.made.org_id)
        )
        assert [(one.business_date, one.external_date) for one in late] == [
            (shop.today + timedelta(days=1), shop.today)
        ]


def test_a_lost_dispute_takes_sessions_and_the_client_may_be_billed_again(
    shop: Shop, processor: InProcessProcessor
) -> None:
    issued = prepaid.sell(shop, prepaid.plan(shop, 40_000))
    _, payment = charge(shop, processor, "tok_visa", 40_000, invoice_id=issued.invoice.id, client_id=None)
    reference = processor.dispute(str(payment.processor_reference))
    processor.close_dispute(reference, won=False)
    deliver(shop, events(processor)[0])
    with pytest.raises(errors.DisputeNotLost), shop.transaction() as session:
        disputes.bill_again(session, shop.actor, dispute_of(shop, payment).id)
    deliver(shop, events(processor)[1])
    dispute = dispute_of(shop, payment)
    assert dispute.prepaid_taken_minor == 40_000
    assert shop.balance(Account.DEFERRED_PACKAGES) == shop.balance(Account.CHARGEBACKS) == 0
    bill = shop.invoice()
    _, paid = charge(shop, processor, "tok_visa", 10_000, invoice_id=bill.invoice.id, client_id=None)
    processor.close_dispute(processor.dispute(str(paid.processor_reference), 7_000), won=False)
    for body in events(processor)[2:]:
        deliver(shop, body)
    assert shop.balance(Account.CHARGEBACKS) == 7_000
    lost = dispute_of(shop, paid)
    with shop.transaction() as session:
        disputes.bill_again(session, shop.actor, lost.id)
    with pytest.raises(errors.DisputeNotLost), shop.transaction() as session:
        disputes.bill_again(session, shop.actor, lost.id)
    assert (shop.balance(Account.CHARGEBACKS), shop.balance(Account.ACCOUNTS_RECEIVABLE)) == (0, 7_000)
    shop.pay(bill.invoice.id)


def use_deposit(shop: Shop, invoice_id: uuid.UUID, amount: int) -> None:
    asked = schemas.ApplicationIn(currency="USD", source="deposit", amount_minor=amount)
    with shop.transaction() as session:
        apply.apply_balance(session, shop.actor, invoice_id, asked)


def test_a_strange_dispute_is_not_believed(shop: Shop, processor: InProcessProcessor) -> None:
    payment = paid_by_card(shop, processor)
    processor.dispute(str(payment.processor_reference))
    (body,) = events(processor)
    for change in (
        {"amount_minor": 10_001},
        {"currency": "EUR"},
        {"charge_reference": "ch_x", "request_key": "x"},
    ):
        told = json.dumps({**json.loads(body), "id": f"evt_{uuid.uuid4().hex}", **change}).encode()
        assert deliver(shop, told) == "ignored"
    assert shop.balance(Account.DISPUTED_FUNDS) == 0


def test_a_dispute_before_its_charge_is_known_comes_again(shop: Shop, processor: InProcessProcessor) -> None:
    charge(shop, processor, "tok_timeout_charged")
    reference = processor.operations()[-1]["reference"]
    processor.dispute(reference)
    (body,) = events(processor)
    with pytest.raises(TryAgain):
        deliver(shop, body)
    first = next(one for _, one in processor.undelivered())
    assert [deliver(shop, one) for one in (first, body)] == ["applied", "applied"]


def told_twice(shop: Shop, processor: InProcessProcessor) -> int:
    """A dispute whose event comes twice at one moment: what stands in 1040."""
    payment = paid_by_card(shop, processor, 1_000)
    processor.dispute(str(payment.processor_reference))
    body = events(processor)[-1]
    other = json.dumps({**json.loads(body), "id": f"evt_{uuid.uuid4().hex}"}).encode()
    together([partial(deliver, shop, one) for one in (body, body, other)])
    with shop.database.session("owner") as session:
        return int(
            session.scalar(
                select(func.coalesce(func.sum(Posting.amount_minor), 0))
                .join(JournalEntry, JournalEntry.id == Posting.entry_id)
                .join(Dispute, Dispute.id == JournalEntry.source_id)
                .where(Dispute.payment_id == payment.id, Posting.account == "1040")
            )
            or 0
        )


def test_a_dispute_told_twice_at_once_is_booked_once(shop: Shop, processor: InProcessProcessor) -> None:
    assert {told_twice(shop, processor) for _ in range(ROUNDS)} == {1_000}


def test_control_without_lock_and_key_it_is_booked_twice(
    operational: Database, processor: InProcessProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop(operational)
    with operational.session("owner") as session:
        session.execute(text("alter table dispute drop constraint uq_dispute_org_id_dispute_reference"))
    monkeypatch.setattr(disputes, "hold", lambda session, key: found(session, Payment, key, "payment"))
    assert any(told_twice(shop, processor) > 1_000 for _ in range(ROUNDS))
