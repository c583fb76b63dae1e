"""A card refund that succeeded and came back is owed to the client again, however it is told, and once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from medspa.kernel.vocabulary import Account
from operational.checkout import cards, cash_outs
from operational.checkout.answers import of_payout
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.schemas import PayoutIn
from operational.ledger.errors import InsufficientBalance
from operational.models import Payment, Payout, RefundFailure
from tests.factories.checkout import Shop
from tests.integration.banking.test_processor_begins import account_of, read
from tests.integration.banking.test_processor_items import items, say
from tests.integration.banking.test_processor_words import undo
from tests.integration.checkout.test_cards import charge, claimed, deliver, refund
from tests.integration.checkout.test_unmatched import left_late, resolve
from tests.support.together import together

OWED = (Account.CARD_CLEARING, Account.ACCOUNT_CREDIT, Account.CLIENT_DEPOSITS, Account.UNMATCHED_ITEMS)


def refunded(shop: Shop, processor: InProcessProcessor, amount: int = 4_000) -> tuple[Payment, Payout]:
    """A deposit of 6 000, of which an amount was refunded."""
    _, payment = charge(shop, processor, "tok_visa", 6_000)
    refund(shop, processor, payment, amount)
    with shop.database.session("owner") as session:
        return payment, session.scalars(select(Payout).where(Payout.payment_id == payment.id)).one()


def comes_back(processor: InProcessProcessor, payout: Payout) -> bytes:
    """The event that tells of it."""
    processor.fail_refund(str(payout.processor_reference))
    return processor.undelivered()[-1][1]


def owed(shop: Shop) -> list[int]:
    return [shop.balance(one) for one in OWED]


def figures(shop: Shop) -> dict[str, int]:
    """Of cards, as the close of the day would freeze them."""
    with shop.transaction() as session:
        of_day = text("select measure, amount_minor from day_figures(:north, :day) where key = 'card'")
        return {
            row.measure: row.amount_minor
            for row in session.execute(of_day, {"north": shop.north, "day": shop.today})
        }


def failures(shop: Shop) -> int:
    with shop.database.session("owner") as session:
        return len(
            session.scalars(select(RefundFailure).where(RefundFailure.org_id == shop.made.org_id)).all()
        )


@pytest.mark.parametrize("told_by", ["event", "report", "all at once"])
def test_what_came_back_is_account_credit_however_it_is_told(
    shop: Shop, processor: InProcessProcessor, http: TestClient, told_by: str
) -> None:
    _, payout = refunded(shop, processor)
    processor.pay_out(account_of(shop), shop.today)
    read(shop, processor)
    assert owed(shop) == [0, 0, -2_000, 0]
    event = comes_back(processor, payout)
    if told_by == "event":
        assert [deliver(shop, event) for _ in range(2)] == ["applied", "repeated"]
        assert owed(shop) == [4_000, -4_000, -2_000, 0]
    if told_by == "all at once":
        reader = partial(read, shop, processor)
        told: list[Callable[[], object]] = [partial(deliver, shop, event), reader, reader]
        together(told)
    read(shop, processor)
    assert (owed(shop), failures(shop)) == ([4_000, -4_000, -2_000, 0], 1)
    assert figures(shop) == {"received": 6_000, "collected": 6_000}
    processor.pay_out(account_of(shop), shop.today)
    read(shop, processor)
    assert (owed(shop), items(shop, http)) == ([0, -4_000, -2_000, 0], [])
    shown = http.get(f"/v1/payouts/{payout.id}", headers=shop.made.headers).json()
    assert (shown["status"], shown["failed_on"]) == ("succeeded", str(shop.today))
    close = f"/v1/locations/{shop.north}/days/{shop.today}/close"
    (warning,) = http.get(close, headers=shop.made.headers).json()["warnings"]
    assert (warning["code"], warning["links"]) == ("refund_failed", [f"/v1/payouts/{payout.id}"])


def test_a_person_says_so_of_a_line_in_1290_and_takes_it_back_while_it_is_not_used(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    _, payout = refunded(shop, processor)
    comes_back(processor, payout)
    with processor._transaction() as books:
        books.execute("update line set about = null, kind = 'adjustment' where kind = 'refund_failure'")
    processor.pay_out(account_of(shop), shop.today)
    read(shop, processor)
    before, after = [0, 0, -2_000, -4_000], [0, -4_000, -2_000, 0]
    assert owed(shop) == before
    (item,) = (one["item_id"] for one in items(shop, http))
    for _ in range(2):
        told = say(shop, http, item, "match", payout_id=str(payout.id))
        assert (told.status_code, owed(shop)) == (200, after), told.text
        assert undo(shop, http, item).status_code == 200
        assert owed(shop) == before
    assert say(shop, http, item, "match", payout_id=str(payout.id)).status_code == 200
    request = cash_outs.CashOutIn(
        drawer_session_id=shop.drawers[shop.north], currency="USD", source="account_credit",
        client_id=shop.client_id, amount_minor=1_000,
    )  # fmt: skip
    with shop.transaction() as session:
        cash_outs.cash_out(session, shop.actor, request)
    refused = undo(shop, http, item)
    assert refused.json()["type"].endswith(InsufficientBalance.code), refused.text
    assert owed(shop) == [0, -3_000, -2_000, 0]


def test_the_credit_of_a_payment_that_is_charged_back_goes_with_it(
    shop: Shop, processor: InProcessProcessor
) -> None:
    payment, payout = refunded(shop, processor)
    deliver(shop, comes_back(processor, payout))
    processor.close_dispute(
        processor.dispute(str(payment.processor_reference), 5_000, fee_minor=0), won=False
    )
    deliver(shop, processor.undelivered()[-1][1])
    assert owed(shop) == [1_000, -1_000, 0, 0]
    assert shop.balance(Account.CHARGEBACKS) == 0


def test_what_had_left_beyond_the_deposit_is_a_deposit_again_to_be_matched(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    payout_id = left_late(shop, processor, 3_000)
    assert owed(shop) == [0, 0, 0, 3_000]
    with shop.database.session("owner") as session:
        payout = session.get_one(Payout, (shop.made.org_id, payout_id))
    assert deliver(shop, comes_back(processor, payout)) == "applied"
    assert owed(shop) == [5_000, -2_000, -3_000, 3_000]
    assert resolve(http, shop, payout_id, deposit_minor=3_000).status_code == 200
    assert owed(shop) == [5_000, -2_000, 0, 0]


def memo_paid_back(shop: Shop, processor: InProcessProcessor) -> Payout:
    """An invoice of 10 000 paid by card, of which 2 500 were credited and went back to it."""
    issued = shop.invoice()
    _, payment = charge(
        shop, processor, "tok_visa", 10_000, client_id=None, amount_minor=None, invoice_id=issued.invoice.id
    )
    request = PayoutIn(
        currency="USD", payment_id=payment.id, credit_memo_id=shop.credit(issued, 2_500).memo.id,
        amount_minor=2_500,
    )  # fmt: skip
    with shop.desk() as desk:
        cards.refund(desk, claimed(shop), processor, request, of_payout)
    with shop.database.session("owner") as session:
        return session.scalars(select(Payout).where(Payout.payment_id == payment.id)).one()


def test_a_credit_memo_that_was_paid_out_stays_so(shop: Shop, processor: InProcessProcessor) -> None:
    payout = memo_paid_back(shop, processor)
    assert deliver(shop, comes_back(processor, payout)) == "applied"
    assert owed(shop) == [10_000, -2_500, 0, 0]
    assert shop.balance(Account.ACCOUNTS_RECEIVABLE) == 0
