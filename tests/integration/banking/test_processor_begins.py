"""Where the processor's report begins, whose it is, in which currency: nothing outside of that is booked."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from medspa.kernel import clock
from medspa.kernel.vocabulary import Account, ProcessorLineKind
from operational.banking import lines
from operational.banking.processor_reports import Read, read_reports
from operational.banking.processor_subjects import home_of
from operational.banking.statement import StatementLine
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.processor.inprocess_reports import add_line
from operational.models import MerchantAccount, ProcessorPayout
from tests.factories.checkout import Shop, open_shop
from tests.integration.banking.test_processor_items import items, say
from tests.integration.checkout.test_cards import charge
from tests.support.databases import Database
from tests.support.together import together

KEPT = (Account.CARD_CLEARING, Account.BANK, Account.UNMATCHED_ITEMS, Account.PROCESSOR_FEES)


@pytest.fixture
def shop(operational_module: Database) -> Shop:
    return open_shop(operational_module)


def account_of(shop: Shop) -> str:
    with shop.database.session("owner") as session:
        key = (shop.made.org_id, shop.made.merchant_account_id)
        return session.get_one(MerchantAccount, key).processor_account


def tell(
    processor: InProcessProcessor, account: str, kind: ProcessorLineKind, amount: int, **values: Any
) -> None:
    with processor._transaction() as books:
        add_line(
            books, account, kind, amount, values.get("fee", 0), values.get("currency", "USD"),
            values.get("about"),
        )  # fmt: skip


def read(shop: Shop, processor: InProcessProcessor) -> Read:
    return read_reports(shop.database.engine("app"), processor)


def kept(shop: Shop) -> list[int]:
    return [shop.balance(one) for one in KEPT]


def warned(shop: Shop, http: TestClient) -> list[str]:
    """What the close of the day warns of where the account's other lines are."""
    with shop.database.session("owner") as session:
        account = session.get_one(MerchantAccount, (shop.made.org_id, shop.made.merchant_account_id))
        home = home_of(session, account).id
    close = http.get(f"/v1/locations/{home}/days/{shop.today}/close", headers=shop.made.headers)
    return [one["code"] for one in close.json()["warnings"]]


def test_what_is_before_the_report_begins_is_an_opening_balance(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    """An account with a past: of it only what is paid out afterwards comes, which was owed at the start."""
    account, merchant = account_of(shop), shop.made.merchant_account_id
    with clock.frozen(clock.now() - timedelta(days=9)):
        tell(processor, account, ProcessorLineKind.CHARGE, 90_000, about="ch_before")
        processor.pay_out(account, shop.today - timedelta(days=7))
        tell(processor, account, ProcessorLineKind.CHARGE, 7_000, fee=233, about="ch_owed")

    def opening(amount: int, begins: date | None = None, currency: str = "USD") -> Any:
        body = {"currency": currency, "amount_minor": amount, "reports_from": begins and str(begins)}
        headers = {**shop.made.headers, "Idempotency-Key": uuid.uuid4().hex}
        return http.post(f"/v1/merchant-accounts/{merchant}/opening", json=body, headers=headers)

    assert opening(6_767, shop.today, "EUR").status_code == 422
    assert opening(6_767, shop.today + timedelta(days=2)).status_code == 422
    told = list(together([partial(opening, 6_767, shop.today)] * 3))
    assert [getattr(one, "status_code", 0) for one in told] == [200, 200, 200]
    assert kept(shop) == [6_767, 0, 0, 0]
    assert warned(shop, http) == ["opening_differs"]
    charge(shop, processor, "tok_visa", 5_000)
    assert read(shop, processor) == Read(1, 0)
    first = str(processor.pay_out(account, shop.today))
    readers = together([partial(read, shop, processor)] * 3)
    assert sum(one.payouts for one in readers if isinstance(one, Read)) == 1
    after = [0, 6_767 + 5_000 - 175, 0, 175]
    assert (kept(shop), shop.balance(Account.OPENING_BALANCES)) == (after, -6_767)
    # It comes back from the bank, and is paid again: what was owed at the start is owed again.
    processor.fail_payout(first)
    read(shop, processor)
    assert kept(shop) == [11_767, 0, 0, 0]
    processor.pay_out(account, shop.today)
    assert read(shop, processor) == Read(0, 1)
    assert (kept(shop), items(shop, http), warned(shop, http)) == (after, [], [])
    # Said again, it is corrected by an entry of its own.
    for amount, difference in ((6_700, -67), (6_767, 0)):
        assert opening(amount).json()["opening_minor"] == amount
        assert kept(shop) == [difference, *after[1:]]
        assert shop.balance(Account.OPENING_BALANCES) == -amount


def test_one_account_of_the_processor_is_known_once_and_only_its_own_documents_are_looked_at(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    name = f"acct_{uuid.uuid4().hex}"
    body = {"legal_entity_id": str(shop.made.legal_entity_id), "name": "Other", "processor_account": name}
    assert http.post("/v1/merchant-accounts", json=body, headers=shop.made.headers).status_code == 201
    again = http.post("/v1/merchant-accounts", json={**body, "name": "Again"}, headers=shop.made.headers)
    other = open_shop(shop.database)
    body["legal_entity_id"] = str(other.made.legal_entity_id)
    elsewhere = http.post("/v1/merchant-accounts", json=body, headers=other.made.headers)
    assert (again.status_code, elsewhere.status_code) == (409, 409)
    _, payment = charge(shop, processor, "tok_visa", 5_000)
    with processor._transaction() as books:
        # Its own account has not told of it yet.
        books.execute("delete from line")
    tell(processor, name, ProcessorLineKind.CHARGE, 5_000, about=payment.processor_reference)
    processor.pay_out(name, shop.today)
    read(shop, processor)
    assert kept(shop) == [5_000, 5_000, -5_000, 0]
    (item,) = items(shop, http)
    assert say(shop, http, item["item_id"], "match", payment_id=str(payment.id)).status_code == 409


def test_a_line_in_another_currency_is_kept_listed_and_never_summed(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    account = account_of(shop)
    tell(processor, account, ProcessorLineKind.CHARGE, 4_825, currency="EUR", about="ch_euro")
    processor.pay_out(account, shop.today)
    charge(shop, processor, "tok_visa", 5_000)
    tell(processor, account, ProcessorLineKind.ADJUSTMENT, -300, currency="EUR")
    with processor._transaction() as books:
        # The processor names a line in euros in a payout of dollars.
        books.execute("update line set at = '9999' where currency = 'EUR' and amount_minor < 0")
    reference = processor.pay_out(account, shop.today, clock.now() + timedelta(days=1))
    with processor._transaction() as books:
        books.execute(
            "update line set payout_reference = ?, at = ? where at = '9999'",
            (reference, clock.now().isoformat()),
        )
    assert read(shop, processor) == Read(3, 2)
    assert kept(shop) == [0, 4_825, 0, 175]
    with shop.database.session("owner") as session:
        paid = select(ProcessorPayout.currency, ProcessorPayout.gross_minor).where(
            ProcessorPayout.org_id == shop.made.org_id
        )
        assert {tuple(row) for row in session.execute(paid)} == {("EUR", 4_825), ("USD", 5_000)}
    listed = items(shop, http)
    assert {(one["currency"], one["amount_minor"], one["refused_as"]) for one in listed} == {
        ("EUR", -4_825, "other_currency"), ("EUR", 300, "other_currency"),
    }  # fmt: skip
    for item in (one["item_id"] for one in listed):
        matched = say(shop, http, item, "match", payment_id=str(uuid.uuid4()))
        cost = say(shop, http, item, "book", booked_as="processor_fee", reason="unexplained")
        assert {one.json()["type"].rsplit(":")[-1] for one in (matched, cost)} == {"line-in-other-currency"}
        away = say(shop, http, item, "book", booked_as="elsewhere", reason="unexplained")
        assert away.status_code == 200, away.text
    assert (items(shop, http), kept(shop)) == ([], [0, 4_825, 0, 175])
    # A line of the bank in dollars is not the payout of as many euros: it is the other one.
    with shop.transaction() as session:
        told = [StatementLine(shop.today, 4_825, "Payout"), StatementLine(shop.today, 4_825, "Another")]
        assert lines.take_lines(session, shop.actor, shop.north, told).matched == 1


def test_a_report_does_not_begin_after_money_that_was_taken_here(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    """That money is on the clearing account: told as owed at the start it would be there twice."""
    charge(shop, processor, "tok_visa", 5_000)
    path, taken = f"/v1/merchant-accounts/{shop.made.merchant_account_id}/opening", shop.today
    with clock.frozen(clock.now() + timedelta(days=1)):
        for begins, status in ((taken + timedelta(days=1), 409), (taken, 200)):
            body = {"currency": "USD", "amount_minor": 4_825, "reports_from": str(begins)}
            headers = {**shop.made.headers, "Idempotency-Key": uuid.uuid4().hex}
            told = http.post(path, json=body, headers=headers)
            assert told.status_code == status, told.text
            if status == 409:
                assert (told.json()["type"].endswith("taken-before"), kept(shop)) == (True, [5_000, 0, 0, 0])
    assert kept(shop) == [9_825, 0, 0, 0]
