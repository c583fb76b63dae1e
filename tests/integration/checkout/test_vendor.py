"""The real adapter against a local server that speaks the vendor's protocol, and the desk over it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from medspa.kernel import clock
from medspa.kernel.settings import SettingMissing, Settings
from medspa.kernel.vocabulary import Account, PaymentStatus
from operational.checkout import attempts
from operational.checkout.errors import AccountUnnamed, ProcessorMisused, ProcessorSilent
from operational.checkout.processor.open import event_source, open_processor
from operational.checkout.processor.port import ChargeRequest, Happened, Outcome, RefundRequest
from operational.checkout.processor.signature import sign
from operational.checkout.processor.stripe import StripeProcessor, read_event
from operational.checkout.webhooks import receive
from tests.conftest import StartServer
from tests.factories.checkout import Shop
from tests.integration.checkout.test_cards import age, charge, entries, refund, reread, settle_all
from tests.support.card_vendor import KEY, Vendor, vendor_app


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def url(vendor: Vendor, live_server: StartServer) -> str:
    return live_server(app=vendor_app(vendor)).url


@pytest.fixture
def processor(url: str) -> Iterator[StripeProcessor]:
    adapter = StripeProcessor(url, KEY, httpx.Timeout(0.4))
    yield adapter
    adapter.close()


def asked(token: str, key: str = "key_1", amount: int = 1_234) -> ChargeRequest:
    return ChargeRequest(key, "acct_local", amount, "USD", token)


def test_a_charge_and_its_repetition_are_one(processor: StripeProcessor, vendor: Vendor) -> None:
    first = processor.charge(asked("pm_card_visa"))
    assert (first.outcome, first.card_brand, first.card_last_four) == (Outcome.SUCCEEDED, "visa", "4242")
    assert processor.charge(asked("pm_card_visa")) == first
    assert [(one["amount"], one["currency"]) for one in vendor.intents] == [(1_234, "usd")]
    with pytest.raises(ProcessorMisused):
        processor.charge(asked("pm_card_visa", amount=1_235))


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("pm_declined", "insufficient_funds"),
        ("pm_challenge", "authentication_required"),
        ("pm_unknown", "resource_missing"),
    ],
)
def test_refusals_are_final(processor: StripeProcessor, token: str, code: str) -> None:
    result = processor.charge(asked(token))
    assert (result.outcome, result.code) == (Outcome.DECLINED, code)


def test_what_may_have_happened_is_unknown_and_found_again(
    processor: StripeProcessor, vendor: Vendor
) -> None:
    assert processor.charge(asked("pm_hang", "hung")).outcome is Outcome.UNKNOWN
    assert processor.charge(asked("pm_broken", "broken")).outcome is Outcome.UNKNOWN
    found = processor.lookup("hung", account="acct_local")
    assert found is not None
    assert (found.outcome, found.reference) == (Outcome.SUCCEEDED, "pi_1")
    assert processor.lookup("broken", account="acct_local") is None


def test_a_refund_is_found_by_its_charge(processor: StripeProcessor) -> None:
    paid = processor.charge(asked("pm_card_visa"))
    back = RefundRequest("key_2", "acct_local", paid.reference or "", 1_000, "USD")
    assert processor.refund(back).outcome is Outcome.SUCCEEDED
    found = processor.lookup("key_2", paid.reference, "acct_local")
    assert found is not None
    assert found.outcome is Outcome.SUCCEEDED
    assert processor.lookup("key_3", paid.reference, "acct_local") is None
    more = RefundRequest("key_4", "acct_local", paid.reference or "", 235, "USD")
    assert processor.refund(more).code == "charge_already_refunded"


def test_a_vendor_that_cannot_be_reached_is_unknown(url: str) -> None:
    nobody = StripeProcessor("http://127.0.0.1:9", KEY, httpx.Timeout(0.4))
    stranger = StripeProcessor(url, "sk_wrong", httpx.Timeout(0.4))
    assert nobody.charge(asked("pm_card_visa")).outcome is Outcome.UNKNOWN
    lookup = nobody.lookup("key", account="acct_local")
    assert lookup is not None
    assert lookup.outcome is Outcome.UNKNOWN
    assert stranger.charge(asked("pm_card_visa")).outcome is Outcome.DECLINED
    lookup = stranger.lookup("key", account="acct_local")
    assert lookup is not None
    assert lookup.outcome is Outcome.UNKNOWN
    for one in (nobody, stranger):
        one.close()


@pytest.mark.parametrize(
    "name", ["Main", "", "acct_", "acct_1 x", "own ", "01990000-0000-7000-8000-000000000000"]
)
def test_what_names_no_account_takes_nothing(processor: StripeProcessor, vendor: Vendor, name: str) -> None:
    """Without the header a call would be about the account of the key, whose report nobody reads."""
    paid = processor.charge(asked("pm_card_visa"))
    refused = [
        processor.charge(ChargeRequest("key_2", name, 1_234, "USD", "pm_card_visa")),
        processor.refund(RefundRequest("key_3", name, paid.reference or "", 1_000, "USD")),
    ]
    assert {(one.outcome, one.code) for one in refused} == {(Outcome.DECLINED, AccountUnnamed.code)}
    for charge_of in (None, paid.reference):
        with pytest.raises(AccountUnnamed):
            processor.lookup("key_1", charge_of, name)
    assert (len(vendor.intents), vendor.refunds) == (1, [])


def test_the_desk_over_the_vendor(shop: Shop, processor: StripeProcessor, vendor: Vendor) -> None:
    answer, payment = charge(shop, processor, "pm_hang", 6_000)
    assert (answer.status, payment.status) == (202, PaymentStatus.UNKNOWN)
    assert settle_all(shop, processor) == 1
    payment = reread(shop, payment)
    assert (payment.status, payment.card_last_four) == (PaymentStatus.SUCCEEDED, "4242")
    assert refund(shop, processor, payment, 2_500).status == 201
    assert shop.balance(Account.CARD_CLEARING) == 3_500
    assert (len(vendor.intents), len(vendor.refunds)) == (1, 1)
    _, lost = charge(shop, processor, "pm_broken")
    age(shop, attempts.GIVEN_UP)
    assert settle_all(shop, processor) == 1
    assert reread(shop, lost).status is PaymentStatus.DECLINED


def test_its_events_are_read_and_believed_only_when_signed(
    shop: Shop, processor: StripeProcessor, vendor: Vendor, url: str, tmp_path: Path
) -> None:
    secret, key = tmp_path / "events", tmp_path / "key"
    secret.write_text("whsec_local\n")
    key.write_text(KEY)
    settings = Settings(
        home=tmp_path, operational=shop.database.dsns, processor="stripe", processor_url=url,
        processor_key_file=key, processor_events_file=secret,
    )  # fmt: skip
    assert isinstance(open_processor(settings), StripeProcessor)
    source = event_source(settings)
    assert source.header == "Stripe-Signature"
    _, payment = charge(shop, processor, "pm_hang")
    event = {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": vendor.intents[0]}}
    body = json.dumps(event).encode()
    signature = sign(b"whsec_local", body, clock.now())
    engine = shop.database.engine("app")
    assert receive(engine, source, body, signature) == "applied"
    assert receive(engine, source, body, signature) == "repeated"
    assert entries(shop, payment.id) == 1
    with pytest.raises(SettingMissing):
        event_source(settings.model_copy(update={"processor_events_file": None}))


def test_events_about_something_else_are_left_alone() -> None:
    for other in (
        {"id": "e", "type": "customer.created", "data": {"object": {}}},
        {"id": "e", "type": "payment_intent.succeeded", "data": {"object": {"amount": 1, "metadata": {}}}},
    ):
        assert read_event(json.dumps(other).encode()) is None
    for broken in (b"[]", b"{}", b"nothing"):
        with pytest.raises(ValueError):
            read_event(broken)
    failed = {"amount": 5, "currency": "usd", "status": "failed", "metadata": {"request_key": "k"}}
    event = read_event(json.dumps({"id": "e", "type": "refund.failed", "data": {"object": failed}}).encode())
    assert isinstance(event, Happened)
    assert (event.kind, event.result.outcome, event.currency) == ("refund", Outcome.DECLINED, "USD")
    assert timedelta(minutes=1) < attempts.GIVEN_UP, "longer than the vendor's search lags"


def test_a_card_is_given_on_the_vendors_own_page_and_charged_later(
    processor: StripeProcessor, vendor: Vendor
) -> None:
    back = "https://book.example/booking/x"
    opened = processor.open_card_page("card_1", "acct_local", back)
    assert processor.open_card_page("card_1", "acct_local", back) == opened
    (page,) = vendor.pages
    assert (page["mode"], page["success_url"], page["cancel_url"]) == ("setup", back, back)
    assert processor.card_given(opened.reference, "acct_local") is None
    card = {"brand": "visa", "last4": "4242"}
    method = {"id": "pm_card_visa", "card": card}
    page["setup_intent"] = {"status": "succeeded", "payment_method": method}
    given = processor.card_given(opened.reference, "acct_local")
    assert given is not None
    assert (given.brand, given.last_four) == ("visa", "4242")
    assert processor.charge(asked(given.token, "key_2")).outcome is Outcome.SUCCEEDED
    assert vendor.intents[-1]["customer"] == page["customer"]
    with pytest.raises(ProcessorSilent):
        processor.card_given("cs_none", "acct_local")
