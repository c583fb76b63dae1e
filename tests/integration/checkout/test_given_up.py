"""Cash-outs, write-offs and recoveries, what goes back on a gift card, and links that pay."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import Account, AllocationSource, PaymentStatus
from operational.checkout import apply, cash_outs, errors, payment_links, schemas, write_offs
from operational.checkout.apply import Balance
from operational.checkout.cash_outs import CashOutIn
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.links import LinkUnusable
from operational.models import GiftCard, Payout, Posting
from tests.factories.checkout import Shop, open_shop
from tests.support.databases import Database
from tests.support.together import together

ROUNDS = 15


def gift_card(shop: Shop, value: int = 5_000) -> str:
    code = f"GIFT-{uuid.uuid4().hex[:12]}-X"
    shop.pay(shop.invoice(gift_cards=[{"code": code, "value_minor": value}]).invoice.id)
    return code


def paid_out(shop: Shop, **values: Any) -> Payout:
    asked = {
        "drawer_session_id": shop.drawers[shop.north],
        "currency": "USD",
        "source": "gift_card",
        **values,
    }
    with shop.transaction() as session:
        return cash_outs.cash_out(session, shop.actor, CashOutIn.model_validate(asked))


def test_balances_are_paid_out_in_cash(shop: Shop) -> None:
    first = paid_out(shop, gift_card_code=gift_card(shop), amount_minor=1_500)
    assert shop.postings(first.id) == [("1000", -1_500), ("2200", 1_500)]
    issued = shop.invoice()
    shop.pay(issued.invoice.id)
    memo = shop.credit(issued)
    shop.pay_out(
        credit_memo_id=memo.memo.id, to_account_credit=True, amount_minor=10_000, drawer_session_id=None
    )
    second = paid_out(shop, source="account_credit", client_id=shop.client_id, amount_minor=9_000)
    assert shop.postings(second.id) == [("1000", -9_000), ("2110", 9_000)]
    with pytest.raises(errors.BalanceTooLow):
        paid_out(shop, source="account_credit", client_id=shop.client_id, amount_minor=1_001)
    unpaid = f"GIFT-{uuid.uuid4().hex[:12]}-X"
    shop.invoice(gift_cards=[{"code": unpaid, "value_minor": 500}])
    with pytest.raises(errors.GiftCardNotUsable):
        paid_out(shop, gift_card_code=unpaid)


def cash_out_twice(shop: Shop) -> int:
    code = gift_card(shop, 1_000)
    answers = together([partial(paid_out, shop, gift_card_code=code)] * 2)
    return sum(one.amount_minor for one in answers if isinstance(one, Payout))


def test_two_desks_pay_a_card_out_once(shop: Shop) -> None:
    assert {cash_out_twice(shop) for _ in range(ROUNDS)} == {1_000}
    assert shop.balance(Account.GIFT_CARDS) == 0


def test_control_without_lock_and_guard_it_is_paid_out_twice(
    operational: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop(operational)
    with operational.session("owner") as session:
        for guard in ("check_postings", "check_balance"):
            session.execute(text(f"alter table posting disable trigger {guard}"))

    def seen(session: Session, request: CashOutIn, card: GiftCard) -> Balance:
        held = apply.owed_by_location(session, Posting.gift_card_id == card.id, Account.GIFT_CARDS)
        return Balance(AllocationSource.GIFT_CARD, held, gift_card_id=card.id)

    monkeypatch.setattr(cash_outs, "hold", seen)
    assert any(cash_out_twice(shop) > 1_000 for _ in range(ROUNDS))


def test_a_credit_goes_back_on_the_card_that_paid(shop: Shop) -> None:
    code = gift_card(shop, 4_000)
    issued = shop.invoice()
    with shop.transaction() as session:
        request = schemas.ApplicationIn(currency="USD", source="gift_card", gift_card_code=code)
        used = apply.apply_balance(session, shop.actor, issued.invoice.id, request)
    shop.pay(issued.invoice.id)
    memo = shop.credit(issued)
    back = partial(
        shop.pay_out, credit_memo_id=memo.memo.id, to_gift_card_id=used.gift_card_id, drawer_session_id=None
    )
    with pytest.raises(errors.MoreThanRefundable):
        back(amount_minor=4_001)
    done = back(amount_minor=4_000)
    assert shop.postings(done.id) == [("1100", 4_000), ("2200", -4_000)]
    with pytest.raises(errors.MoreThanRefundable):
        back(amount_minor=1)


def test_a_debt_is_given_up_with_its_tax_and_recovered(shop: Shop) -> None:
    with shop.database.session("owner") as session:
        session.execute(
            text("update tax_jurisdiction set bad_debt_relief = true where org_id = :org"),
            {"org": shop.made.org_id},
        )
    sold = shop.invoice(retail=[{"product_id": str(shop.retail_id)}])
    assert sold.tax_minor == 178
    with shop.transaction() as session:
        row = write_offs.write_off(session, shop.actor, sold.invoice.id)
    relief = row.tax_minor
    # Relief is per jurisdiction and rounded down.
    assert 176 <= relief <= 178
    booked = dict(shop.postings(row.id))
    assert (booked["1100"], booked["6020"]) == (-2_178, 2_178 - relief)
    with pytest.raises(errors.MoreThanDue), shop.transaction() as session:
        write_offs.write_off(session, shop.actor, sold.invoice.id)
    for amount in (1_000, 1_178):
        with shop.transaction() as session:
            write_offs.recover(session, shop.actor, row.id, amount)
        shop.pay(sold.invoice.id)
    with pytest.raises(errors.MoreThanWrittenOff), shop.transaction() as session:
        write_offs.recover(session, shop.actor, row.id, 1)
    assert shop.balance(Account.BAD_DEBT) == 0
    assert shop.balance(Account.SALES_TAX_PAYABLE) == -178
    assert shop.balance(Account.ACCOUNTS_RECEIVABLE) == 0


def link(shop: Shop, invoice_id: uuid.UUID) -> payment_links.Sent:
    with shop.transaction() as session:
        return payment_links.send_link(session, shop.actor, invoice_id)


def pay(shop: Shop, processor: InProcessProcessor, token: str, card: str = "tok_visa") -> PaymentStatus:
    return payment_links.pay_by_link(shop.database.engine("app"), processor, token, card).status


def test_a_link_pays_once_declines_give_it_back_and_it_ends(
    shop: Shop, processor: InProcessProcessor
) -> None:
    issued = shop.invoice()
    old, sent = link(shop, issued.invoice.id), link(shop, issued.invoice.id)
    assert payment_links.show_link(shop.database.engine("app"), sent.token).due_minor == 10_000
    assert pay(shop, processor, sent.token, "tok_declined") is PaymentStatus.DECLINED
    answers = together([partial(pay, shop, processor, sent.token)] * 4)
    assert sum(one is PaymentStatus.SUCCEEDED for one in answers) == 1
    assert {type(one) for one in answers if isinstance(one, Exception)} == {LinkUnusable}
    assert (shop.balance(Account.CARD_CLEARING), shop.balance(Account.ACCOUNTS_RECEIVABLE)) == (10_000, 0)
    late = link(shop, shop.invoice().invoice.id)
    for token in (sent.token, old.token, "x" * 43):
        with pytest.raises(LinkUnusable):
            pay(shop, processor, token)
    with clock.frozen(clock.now() + timedelta(days=8)), pytest.raises(LinkUnusable):
        pay(shop, processor, late.token)
    with shop.database.session("owner") as session:
        stored = session.execute(text("select string_agg(t::text, ' ') from link_token t")).scalar_one()
    assert sent.token not in stored


def test_a_link_ends_after_five_declined_cards(shop: Shop, processor: InProcessProcessor) -> None:
    sent = link(shop, shop.invoice().invoice.id)
    tried = [pay(shop, processor, sent.token, "tok_declined") for _ in range(payment_links.MAX_DECLINES)]
    assert tried == [PaymentStatus.DECLINED] * 5
    with pytest.raises(LinkUnusable):
        pay(shop, processor, sent.token)


def test_all_of_it_over_http(shop: Shop, http: TestClient) -> None:
    def send(path: str, body: dict[str, Any], code: int = 201, **headers: str) -> Any:
        auth = {**shop.made.headers, "Idempotency-Key": uuid.uuid4().hex, **headers}
        answer = http.post(f"/v1{path}", json=body, headers=auth)
        assert answer.status_code == code, answer.text
        return answer.json()

    invoice = str(shop.invoice().invoice.id)
    token = send(f"/invoices/{invoice}/payment-links", {})["token"]
    assert http.post("/v1/payment-links/view", json={"token": token}).json()["due_minor"] == 10_000
    number = {"token": token, "payment_token": "4242424242424242"}
    assert http.post("/v1/payment-links/pay", json=number).status_code == 422
    declined = http.post("/v1/payment-links/pay", json={"token": token, "payment_token": "tok_declined"})
    assert declined.status_code == 402
    paid = http.post("/v1/payment-links/pay", json={"token": token, "payment_token": "tok_visa"})
    assert (paid.status_code, paid.json()["status"]) == (200, "succeeded")
    assert http.post("/v1/payment-links/view", json={"token": token}).status_code == 410
    owed = send(f"/invoices/{shop.invoice().invoice.id}/write-offs", {})
    assert (owed["amount_minor"], owed["due_minor"]) == (10_000, 0)
    assert send(f"/write-offs/{owed['id']}/recoveries", {"amount_minor": 4_000})["due_minor"] == 4_000
    drawer = str(shop.drawers[shop.north])
    cash = {"drawer_session_id": drawer, "currency": "USD", "source": "gift_card"}
    out = send("/cash-outs", {**cash, "gift_card_code": gift_card(shop, 900)})
    assert (out["amount_minor"], out["tender"]) == (900, "cash")
    programme = send("/tender-programmes", {"name": "Care loan", "kind": "financing"})["id"]
    body = {
        "location_id": str(shop.north), "drawer_session_id": drawer, "tender": "third_party",
        "currency": "USD", "invoice_id": str(shop.invoice().invoice.id), "programme_id": programme,
    }  # fmt: skip
    payment = send("/payments", body)["id"]
    items = [{"payment_id": payment, "fee_minor": 500}]
    here = {"location_id": str(shop.north)}
    assert send("/remittances", {**here, "programme_id": programme, "items": items})["net_minor"] == 9_500
    csv = {**here, "csv": f"booked_on,amount\n{shop.today},95.00\n{shop.today},-7.00\n"}
    assert send("/bank-lines/import", csv, 200) == {"new": 2, "matched": 1, "known": 0, "known_rows": []}
    (line,) = http.get(
        "/v1/bank-lines",
        params={"location_id": str(shop.north), "unmatched": True},
        headers=shop.made.headers,
    ).json()["items"]
    day = f"/v1/locations/{shop.north}/days/{shop.today}/close"
    (warning,) = http.get(day, headers=shop.made.headers).json()["warnings"]
    assert warning["code"] == "unmatched_bank_line"
    assert http.get(warning["links"][0], headers=shop.made.headers).json()["amount_minor"] == -700
    send(f"/bank-lines/{line['id']}/match", {"kind": "processor_fee"}, 200)
    for path in ("bank-lines", "bank-deposits", "disputes", "processor-payouts"):
        assert http.get(f"/v1/{path}", params=here, headers=shop.made.headers).status_code == 200
