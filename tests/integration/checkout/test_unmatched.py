"""A refund given up as never received that left after its deposit was used: booked, listed, resolved."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from medspa.kernel.vocabulary import Account, PaymentStatus, Permission
from operational.checkout import apply, attempts, schemas
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.processor.port import NOT_RECEIVED, Outcome, Result
from operational.models import Payment, Payout, ProcessorAttempt
from tests.factories.checkout import Shop
from tests.integration.checkout.test_cards import charge, deliver, refund, settle_all
from tests.support.together import together


def spend(shop: Shop, amount: int) -> None:
    issued = shop.invoice()
    asked = schemas.ApplicationIn(currency="USD", source="deposit", amount_minor=amount)
    with shop.transaction() as session:
        apply.apply_balance(session, shop.actor, issued.invoice.id, asked)


def given_up(
    shop: Shop, processor: InProcessProcessor, amount: int = 5_000, taken: int | None = None
) -> tuple[uuid.UUID, bytes]:
    """A deposit whose refund left unheard of and was written off: the payout, and the event still to come."""
    _, payment = charge(shop, processor, "tok_refund_timeout", taken or amount)
    known = {event for event, _ in processor.undelivered()}
    refund(shop, processor, payment, amount)
    (body,) = [body for event, body in processor.undelivered() if event not in known]
    with shop.transaction() as session:
        payout = session.scalars(select(Payout).where(Payout.payment_id == payment.id)).one()
        attempt = session.scalars(
            select(ProcessorAttempt).where(ProcessorAttempt.payout_id == payout.id)
        ).one()
        attempts.resolve(session, attempt.id, Result(Outcome.DECLINED, code=NOT_RECEIVED), None)
    return payout.id, body


def left_late(shop: Shop, processor: InProcessProcessor, spent: int, amount: int = 5_000) -> uuid.UUID:
    """A refund reported after `spent` of its deposit was used."""
    payout_id, body = given_up(shop, processor, amount)
    spend(shop, spent)
    assert deliver(shop, body) == "applied"
    return payout_id


def listed(http: TestClient, shop: Shop, **params: Any) -> dict[str, Any]:
    answer = http.get(
        "/v1/unmatched-items", params={"location_id": str(shop.north), **params}, headers=shop.made.headers
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def resolve(http: TestClient, shop: Shop, payout_id: uuid.UUID, **body: int) -> Any:
    headers = {**shop.made.headers, "Idempotency-Key": uuid.uuid4().hex}
    return http.post(f"/v1/unmatched-items/{payout_id}/resolve", json=body, headers=headers)


@pytest.mark.parametrize(("spent", "matched"), [(0, 5_000), (3_000, 2_000), (5_000, 0)])
def test_what_left_is_booked_and_what_the_deposit_lacks_waits(
    shop: Shop, processor: InProcessProcessor, http: TestClient, spent: int, matched: int
) -> None:
    payout_id, body = given_up(shop, processor)
    if spent:
        spend(shop, spent)
    assert deliver(shop, body) == "applied"
    assert deliver(shop, body) == "repeated"
    with shop.transaction() as session:
        payout = session.scalars(select(Payout).where(Payout.id == payout_id)).one()
    assert (payout.status, payout.business_date) == (PaymentStatus.SUCCEEDED, shop.today)
    assert dict(shop.postings(payout_id)) == {
        account: amount
        for account, amount in (("1020", -5_000), ("1290", 5_000 - matched), ("2100", matched))
        if amount
    }
    assert shop.balance(Account.CLIENT_DEPOSITS) == 0
    items = listed(http, shop)["items"]
    if matched == 5_000:
        assert items == []
        return
    assert items == [
        {
            "item_id": str(payout_id), "kind": "payout", "location_id": str(shop.north),
            "business_date": str(shop.today), "external_date": None, "currency": "USD",
            "amount_minor": 5_000 - matched, "refused_as": None, "payout": f"/v1/payouts/{payout_id}",
        }
    ]  # fmt: skip


def test_a_refund_made_twice_is_seen(shop: Shop, processor: InProcessProcessor) -> None:
    """The desk refunds again what was given up; then the processor reports the first one too."""
    payout_id, body = given_up(shop, processor, 2_000, taken=5_000)
    with shop.transaction() as session:
        paid = select(Payment).join(Payout, Payout.payment_id == Payment.id).where(Payout.id == payout_id)
        payment = session.scalars(paid).one()
    refund(shop, processor, payment, 2_000)
    settle_all(shop, processor)
    spend(shop, 3_000)
    balances = (Account.CARD_CLEARING, Account.CLIENT_DEPOSITS, Account.UNMATCHED_ITEMS)
    assert [shop.balance(one) for one in balances] == [3_000, 0, 0]
    assert deliver(shop, body) == "applied"
    assert [shop.balance(one) for one in balances] == [1_000, 0, 2_000]


def test_the_list_comes_in_pages_and_only_to_who_closes_days(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    expected = [str(left_late(shop, processor, 1_000, 1_000)) for _ in range(3)]
    first = listed(http, shop, limit=2)
    assert [one["item_id"] for one in first["items"]] == expected[:2]
    rest = listed(http, shop, limit=2, cursor=first["next_cursor"])
    assert ([one["item_id"] for one in rest["items"]], rest["next_cursor"]) == (expected[2:], None)
    desk = shop.made.key([Permission.PAYMENT_TAKE])
    path = f"/v1/unmatched-items?location_id={shop.north}"
    assert http.get(path, headers=desk).status_code == 403
    elsewhere = shop.made.key([Permission.DAY_CLOSE], location_id=shop.south)
    assert http.get(path, headers=elsewhere).status_code in (403, 404)
    assert http.get(f"/v1/unmatched-items/{expected[0]}", headers=elsewhere).status_code in (403, 404)


def test_the_close_warns_with_a_link_and_goes_on(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    payout_id = left_late(shop, processor, 5_000)
    path = f"/v1/locations/{shop.north}/days/{shop.today}/close"
    preview = http.get(path, headers=shop.made.headers).json()
    assert "unmatched_item" not in {one["code"] for one in preview["blockers"]}
    (warning,) = preview["warnings"]
    assert (warning["code"], warning["count"]) == ("unmatched_item", 1)
    assert warning["links"] == [f"/v1/unmatched-items/{payout_id}"]
    shown = http.get(warning["links"][0], headers=shop.made.headers)
    assert (shown.status_code, shown.json()["amount_minor"]) == (200, 5_000)
    assert resolve(http, shop, payout_id, written_off_minor=5_000).status_code == 200
    assert http.get(path, headers=shop.made.headers).json()["warnings"] == []


def test_what_is_paid_back_is_matched_and_the_rest_written_off(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    payout_id = left_late(shop, processor, 5_000)
    too_little = resolve(http, shop, payout_id, deposit_minor=3_000, written_off_minor=2_000)
    assert (too_little.status_code, too_little.json()["balance_minor"]) == (409, 0)
    shop.deposit(3_000)
    for wrong in ({}, {"deposit_minor": 3_000}, {"deposit_minor": 5_001}, {"written_off_minor": 9_000}):
        refused = resolve(http, shop, payout_id, **wrong)
        assert (refused.status_code, refused.json()["amount_minor"]) == (422, 5_000)
    assert resolve(http, shop, payout_id, deposit_minor=6_000, written_off_minor=-1_000).status_code == 422
    assert shop.balance(Account.UNMATCHED_ITEMS) == 5_000
    done = resolve(http, shop, payout_id, deposit_minor=3_000, written_off_minor=2_000)
    assert done.status_code == 200, done.text
    balances = (Account.UNMATCHED_ITEMS, Account.CLIENT_DEPOSITS, Account.BAD_DEBT)
    assert [shop.balance(one) for one in balances] == [0, 0, 2_000]
    assert listed(http, shop)["items"] == []
    assert resolve(http, shop, payout_id, written_off_minor=5_000).status_code == 404


def test_only_who_may_refund_resolves(shop: Shop, processor: InProcessProcessor, http: TestClient) -> None:
    payout_id = left_late(shop, processor, 5_000)
    for headers in (
        shop.made.key([Permission.DAY_CLOSE]),
        shop.made.key([Permission.PAYMENT_REFUND, Permission.DAY_CLOSE], location_id=shop.south),
    ):
        answer = http.post(
            f"/v1/unmatched-items/{payout_id}/resolve",
            json={"written_off_minor": 5_000},
            headers={**headers, "Idempotency-Key": uuid.uuid4().hex},
        )
        assert answer.status_code in (403, 404)
    assert shop.balance(Account.UNMATCHED_ITEMS) == 5_000


def test_four_resolutions_at_once_count_once(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    payout_id = left_late(shop, processor, 5_000)
    answers = together([partial(resolve, http, shop, payout_id, written_off_minor=5_000)] * 4)
    statuses = sorted(getattr(one, "status_code", 0) for one in answers)
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {404, 409}
    assert (shop.balance(Account.UNMATCHED_ITEMS), shop.balance(Account.BAD_DEBT)) == (0, 5_000)
