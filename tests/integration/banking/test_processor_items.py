"""Lines of the processor about nothing of ours: listed, warned of, and explained by a person once."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from fastapi.testclient import TestClient

from medspa.kernel.vocabulary import Account, Permission, ProcessorLineKind
from operational.banking.processor_reports import read_reports
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.processor.inprocess_reports import add_line
from operational.ledger.close_blockers import MAX_LINKS
from operational.models import ProcessorLine
from tests.factories.checkout import Shop
from tests.integration.banking.test_processor_reports import moved_by_lines
from tests.integration.checkout.test_cards import charge
from tests.support.together import together


def paid_out(shop: Shop, processor: InProcessProcessor, *amounts: int) -> str:
    """Adjustments of these amounts, paid out and read; the account."""
    (account,) = processor.accounts()
    with processor._transaction() as books:
        for number, amount in enumerate(amounts):
            add_line(books, account, ProcessorLineKind.ADJUSTMENT, amount, 0, "USD", f"adj_{number}")
    processor.pay_out(account, shop.today)
    read_reports(shop.database.engine("app"), processor)
    return account


def items(shop: Shop, http: TestClient) -> list[dict[str, Any]]:
    told = http.get(f"/v1/unmatched-items?location_id={shop.north}", headers=shop.made.headers)
    assert told.status_code == 200, told.text
    found: list[dict[str, Any]] = told.json()["items"]
    return found


def say(shop: Shop, http: TestClient, item: str, verb: str, headers: Any = None, **body: str) -> Any:
    sent = {**(headers or shop.made.headers), "Idempotency-Key": uuid.uuid4().hex}
    return http.post(f"/v1/unmatched-items/{item}/{verb}", json=body, headers=sent)


def book(
    shop: Shop, http: TestClient, item: str, booked_as: str = "processor_fee", headers: Any = None
) -> Any:
    return say(shop, http, item, "book", headers, booked_as=booked_as, reason="corrected_by_processor")


def test_each_item_is_listed_warned_of_and_booked_once(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    charge(shop, processor, "tok_visa", 5_000)
    paid_out(shop, processor, 250, -700, -90)
    assert shop.balance(Account.UNMATCHED_ITEMS) == 540
    listed = items(shop, http)
    assert [(one["kind"], one["amount_minor"], one["payout"]) for one in listed] == [
        ("processor_line", -250, None), ("processor_line", 700, None), ("processor_line", 90, None),
    ]  # fmt: skip
    assert {one["business_date"] for one in listed} == {str(shop.today)}
    fee, chargeback, lost = (one["item_id"] for one in listed)
    close = f"/v1/locations/{shop.north}/days/{shop.today}/close"
    (warning,) = http.get(close, headers=shop.made.headers).json()["warnings"]
    assert (warning["code"], warning["count"]) == ("unmatched_item", 3)
    shown = http.get(warning["links"][1], headers=shop.made.headers).json()
    assert (shown["item_id"], shown["amount_minor"]) == (chargeback, 700)
    assert say(shop, http, fee, "resolve").status_code == 404

    assert book(shop, http, fee, headers=shop.made.key([Permission.DAY_CLOSE])).status_code == 403
    answers = together([partial(book, shop, http, fee)] * 4)
    assert sorted(getattr(one, "status_code", 0) for one in answers) == [200, 409, 409, 409]
    for item, account in ((chargeback, "chargeback"), (lost, "bad_debt")):
        told = book(shop, http, item, account)
        assert (told.status_code, told.json()["booked_as"]) == (200, account), told.text
    balances = (Account.UNMATCHED_ITEMS, Account.PROCESSOR_FEES, Account.CHARGEBACKS, Account.BAD_DEBT)
    assert [shop.balance(one) for one in balances] == [0, 175 - 250, 700, 90]
    assert items(shop, http) == []
    assert http.get(close, headers=shop.made.headers).json()["warnings"] == []


def test_a_warning_counts_what_it_does_not_link(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    charge(shop, processor, "tok_visa", 5_000)
    paid_out(shop, processor, *[10] * (MAX_LINKS + 3))
    close = f"/v1/locations/{shop.north}/days/{shop.today}/close"
    (warning,) = http.get(close, headers=shop.made.headers).json()["warnings"]
    assert (warning["count"], len(warning["links"])) == (MAX_LINKS + 3, MAX_LINKS)


def test_an_item_is_matched_with_the_one_payment_that_fits_it(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    """Told without the reference by which it would be known, of a payment at another location."""
    _, known = charge(shop, processor, "tok_visa", 5_000)
    _, other = charge(
        shop, processor, "tok_visa", 4_000, location_id=shop.south, drawer_session_id=shop.drawers[shop.south]
    )
    with processor._transaction() as books:
        books.execute("update line set about = null")
    paid_out(shop, processor)
    assert [shop.balance(one) for one in (Account.UNMATCHED_ITEMS, Account.CARD_CLEARING)] == [-8_679, 9_000]
    first, item = (one["item_id"] for one in items(shop, http))
    assert say(shop, http, item, "match", payment_id=str(known.id)).status_code == 409
    assert say(shop, http, first, "match", payment_id=str(known.id)).status_code == 200
    told = say(shop, http, item, "match", payment_id=str(other.id))
    assert (told.status_code, told.json()["payment_id"]) == (200, str(other.id)), told.text
    assert say(shop, http, item, "match", payment_id=str(other.id)).status_code == 409
    balances = (Account.UNMATCHED_ITEMS, Account.CARD_CLEARING, Account.PROCESSOR_FEES)
    assert [shop.balance(one) for one in balances] == [0, 0, 175 + 146]
    assert shop.balance(Account.CARD_CLEARING, shop.south) == 0
    assert items(shop, http) == []


def test_what_a_person_booked_leaves_the_cost_when_it_becomes_known(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    _, payment = charge(shop, processor, "tok_visa", 5_000)
    with shop.database.session("owner") as session:
        session.merge(payment).processor_reference = None
    paid_out(shop, processor)
    (item,) = (one["item_id"] for one in items(shop, http))
    told = book(shop, http, item, "bad_debt")
    assert told.status_code == 200, told.text
    assert [shop.balance(one) for one in (Account.BAD_DEBT, Account.CARD_CLEARING)] == [-4_825, 5_000]
    with shop.database.session("owner") as session:
        line = session.get_one(ProcessorLine, (shop.made.org_id, uuid.UUID(item)))
        session.merge(payment).processor_reference = line.about_reference
    for _ in range(2):
        read_reports(shop.database.engine("app"), processor)
    balances = (Account.BAD_DEBT, Account.CARD_CLEARING, Account.PROCESSOR_FEES, Account.UNMATCHED_ITEMS)
    assert [shop.balance(one) for one in balances] == [0, 0, 175, 0]
    assert moved_by_lines(shop) == [shop.balance(Account.BANK), 5_000]


def test_an_adjustment_that_names_a_payment_is_that_payment_only_if_it_is_all_of_it(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    """A charge that failed later is told with the charge's name, beside the charge itself."""
    _, payment = charge(shop, processor, "tok_visa", 5_000)
    (account,) = processor.accounts()
    with processor._transaction() as books:
        books.execute("update line set kind = 'adjustment' where about = ?", (payment.processor_reference,))
        for amount in (-5_000, -50, 50):
            about = payment.processor_reference
            add_line(books, account, ProcessorLineKind.ADJUSTMENT, amount, 0, "USD", about)
    processor.pay_out(account, shop.today)
    read_reports(shop.database.engine("app"), processor)
    balances = (Account.CARD_CLEARING, Account.BANK, Account.UNMATCHED_ITEMS, Account.PROCESSOR_FEES)
    assert [shop.balance(one) for one in balances] == [0, -175, 5_000, 175]
    assert [one["amount_minor"] for one in items(shop, http)] == [5_000, 50, -50]
    # Not on a later reading either.
    read_reports(shop.database.engine("app"), processor)
    assert shop.balance(Account.UNMATCHED_ITEMS) == 5_000
