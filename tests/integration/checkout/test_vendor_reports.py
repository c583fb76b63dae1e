"""What the vendor reports: its account in pages, its payouts, its dispute events; a desk reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from medspa.kernel.vocabulary import Account, DisputeStatus, ProcessorLineKind
from operational.banking.processor_reports import Read, read_reports
from operational.checkout.errors import AccountUnnamed, ProcessorSilent
from operational.checkout.processor.port import OWN_ACCOUNT, Disputed
from operational.checkout.processor.stripe import StripeProcessor, read_event
from tests.conftest import StartServer
from tests.factories.checkout import open_shop
from tests.integration.checkout.test_cards import charge
from tests.support.card_vendor import KEY, Vendor, vendor_app
from tests.support.databases import Database

SECONDS = 1_772_000_000
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def processor(vendor: Vendor, live_server: StartServer) -> Iterator[StripeProcessor]:
    adapter = StripeProcessor(live_server(app=vendor_app(vendor)).url, KEY, httpx.Timeout(5))
    yield adapter
    adapter.close()


def transaction(
    number: int, category: str, amount: int, fee: int, source: Any, payout: str
) -> dict[str, Any]:
    return {
        "id": f"txn_{number}", "reporting_category": category, "amount": amount, "fee": fee,
        "currency": "usd", "created": SECONDS + number, "source": source, "payout": payout,
    }  # fmt: skip


def dispute(status: str, kind: str = "created", **more: Any) -> bytes:
    row = {
        "id": "dp_1", "object": "dispute", "amount": 2_000, "currency": "usd", "payment_intent": "pi_1",
        "status": status, "created": SECONDS, "balance_transactions": [{"fee": 1_500}], **more,
    }  # fmt: skip
    event = {
        "id": f"evt_{status}", "type": f"charge.dispute.{kind}", "created": SECONDS + 60,
        "data": {"object": row},
    }  # fmt: skip
    return json.dumps(event).encode()


def test_the_account_is_read_page_by_page_and_its_payout_booked(
    operational: Database, vendor: Vendor, processor: StripeProcessor
) -> None:
    shop = open_shop(operational, processor_account=OWN_ACCOUNT)
    _, payment = charge(shop, processor, "pm_card_visa", 5_000)
    charged = {"id": "ch_1", "object": "charge", "payment_intent": payment.processor_reference}
    vendor.transactions += [
        transaction(1, "charge", 5_000, 175, charged, "po_1"),
        transaction(2, "fee", -200, 0, None, "po_1"),
        transaction(3, "topup", 50, 0, "tu_1", "po_1"),
        transaction(4, "payout", -4_675, 0, "po_1", "po_1"),
    ]
    vendor.paid_out.append(
        {"id": "po_1", "amount": 4_675, "currency": "usd", "arrival_date": SECONDS, "status": "paid"}
    )
    engine = shop.database.engine("app")
    assert [one.kind for one in processor.balance_lines("acct_x", "txn_1", BEGUN)] == [
        ProcessorLineKind.FEE, ProcessorLineKind.ADJUSTMENT,
    ]  # fmt: skip
    # It begins with an instant, and an account without a name is none of which a report is read.
    (last,) = processor.balance_lines("acct_x", None, datetime.fromtimestamp(SECONDS + 3, UTC))
    assert last.reference == "txn_3"
    with pytest.raises(AccountUnnamed):
        processor.payouts("01990000-0000-7000-8000-000000000000", BEGUN.date())
    assert read_reports(engine, processor) == Read(3, 1)
    assert read_reports(engine, processor) == Read(0, 0)
    found = {one: shop.balance(one) for one in Account}
    assert {one: amount for one, amount in found.items() if amount} == {
        Account.BANK: 4_675, Account.PROCESSOR_FEES: 375, Account.UNMATCHED_ITEMS: -50,
        Account.CLIENT_DEPOSITS: -5_000,
    }  # fmt: skip


def test_payouts_arrive_in_any_order_and_one_that_failed_comes_with_a_later_one(
    operational: Database, vendor: Vendor, processor: StripeProcessor
) -> None:
    shop, day = open_shop(operational, processor_account=OWN_ACCOUNT), 86_400
    engine = shop.database.engine("app")
    for number, amount in ((1, 5_000), (2, 3_000), (3, 2_000)):
        _, payment = charge(shop, processor, "pm_card_visa", amount)
        charged = {"object": "charge", "payment_intent": payment.processor_reference}
        vendor.transactions.append(transaction(number, "charge", amount, 0, charged, f"po_{number}"))
        vendor.paid_out.append(
            {
                "id": f"po_{number}", "amount": amount, "currency": "usd",
                "arrival_date": SECONDS + number * day, "status": "in_transit",
            }
        )  # fmt: skip
    first, second, third = vendor.paid_out

    def after(status: str, row: dict[str, Any], read: Read, bank: int) -> None:
        row["status"] = status
        assert read_reports(engine, processor) == read
        found = (shop.balance(Account.BANK), shop.balance(Account.CARD_CLEARING))
        assert found == (bank, 10_000 - bank)

    assert read_reports(engine, processor) == Read(3, 0)
    after("paid", third, Read(0, 1), 2_000)
    after("paid", first, Read(0, 1), 7_000)
    after("canceled", second, Read(0, 0), 7_000)
    after("failed", first, Read(0, 0), 2_000)
    after("failed", first, Read(0, 0), 2_000)
    vendor.transactions += [
        transaction(4, "payout", -5_000, 0, "po_1", "po_1"),
        transaction(5, "payout_reversal", 5_000, 0, {"object": "payout", "id": "po_1"}, "po_6"),
        transaction(6, "payout_reversal", 3_000, 0, {"object": "payout", "id": "po_2"}, "po_6"),
        transaction(7, "payout", -8_000, 0, "po_6", "po_6"),
    ]
    again = {"id": "po_6", "amount": 8_000, "currency": "usd", "arrival_date": SECONDS + 9 * day}
    vendor.paid_out.append(again)
    after("paid", again, Read(0, 1), 10_000)
    assert shop.balance(Account.UNMATCHED_ITEMS) == 0


def test_a_vendor_that_does_not_answer_is_asked_again_later() -> None:
    silent = StripeProcessor("http://127.0.0.1:9", KEY, httpx.Timeout(0.2))
    with pytest.raises(ProcessorSilent):
        silent.balance_lines("acct_x", None, BEGUN)
    silent.close()


def test_dispute_events_are_read_and_inquiries_are_not() -> None:
    opened, won = (
        read_event(dispute("needs_response")),
        read_event(dispute("won", "closed", balance_transactions=[{"fee": 1_500}, {"fee": -1_500}])),
    )
    assert isinstance(opened, Disputed)
    assert isinstance(won, Disputed)
    assert (opened.status, opened.fee_minor, opened.closed_at) == (DisputeStatus.OPENED, 1_500, None)
    assert (won.status, won.fee_returned_minor, won.amount_minor) == (DisputeStatus.WON, 1_500, 2_000)
    assert read_event(dispute("warning_needs_response")) is None
    assert read_event(dispute("needs_response", "updated")) is None
