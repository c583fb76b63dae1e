"""Checkout as a front desk drives it over HTTP: answers, replays, permissions, and bad input refused."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text

from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Permission
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.models import Base, IdempotencyKey, Invoice, Payment
from tests.factories.checkout import Shop, open_shop
from tests.support.api import client_of
from tests.support.databases import Database


@pytest.fixture(scope="module")
def shop(operational_module: Database) -> Shop:
    return open_shop(operational_module)


@pytest.fixture(scope="module")
def settings(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"), operational=shop.database.dsns)


@pytest.fixture(scope="module")
def http(settings: Settings) -> Iterator[TestClient]:
    with client_of(settings) as client:
        yield client


def post(
    http: TestClient, shop: Shop, path: str, body: Any, *, key: str | None = None, **headers: str
) -> httpx2.Response:
    sent = {**shop.made.headers, "Idempotency-Key": key or uuid.uuid4().hex, **headers}
    return http.post(path, json=body, headers=sent)


def count(shop: Shop, model: type[Base]) -> int:
    with shop.database.session("owner") as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def invoice_body(shop: Shop, **values: Any) -> dict[str, Any]:
    return {
        "location_id": str(shop.north), "client_id": str(shop.client_id), "currency": "USD",
        "retail": [{"product_id": str(shop.retail_id)}], **values,
    }  # fmt: skip


def payment_body(shop: Shop, invoice_id: object, **values: Any) -> dict[str, Any]:
    return {
        "location_id": str(shop.north), "drawer_session_id": str(shop.drawers[shop.north]),
        "currency": "USD", "tender": "card", "payment_token": "tok_visa",
        **({"invoice_id": str(invoice_id)} | values),
    }  # fmt: skip


def problem(answer: httpx2.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["detail"]
    return str(body["type"]).removeprefix("urn:medspa:problem:")


def test_a_day_at_the_desk(http: TestClient, shop: Shop) -> None:
    made = post(http, shop, "/v1/invoices", invoice_body(shop, appointment_id=str(shop.visit())))
    assert made.status_code == 201, made.text
    invoice = made.json()
    assert invoice["total_minor"] == 12_178
    tip = [{"provider_id": str(shop.made.provider_id), "amount_minor": 1_000}]
    paid = post(http, shop, "/v1/payments", payment_body(shop, invoice["id"], tips=tip))
    assert (paid.status_code, paid.json()["status"]) == (201, "succeeded"), paid.text
    memo = post(
        http, shop, f"/v1/invoices/{invoice['id']}/credit-memos",
        {"reason": "goodwill", "lines": [{"invoice_line_id": invoice["lines"][1]["id"]}]},
    )  # fmt: skip
    assert (memo.status_code, memo.json()["payable_minor"]) == (201, 2_178), memo.text
    out = post(
        http, shop, "/v1/payouts",
        {"currency": "USD", "credit_memo_id": memo.json()["id"], "payment_id": paid.json()["id"],
         "amount_minor": 2_178},
    )  # fmt: skip
    assert (out.status_code, out.json()["tender"], out.json()["status"]) == (201, "card", "succeeded")
    shown = http.get(f"/v1/invoices/{invoice['id']}", headers=shop.made.headers).json()
    assert (shown["open_minor"], len(shown["lines"]), shown["status"]) == (0, 2, "issued")
    seen = http.get(f"/v1/payments/{paid.json()['id']}", headers=shop.made.headers).json()
    assert (seen["card_brand"], seen["tips"][0]["amount_minor"]) == ("visa", 1_000)
    for path in (f"/v1/credit-memos/{memo.json()['id']}", f"/v1/payouts/{out.json()['id']}"):
        assert http.get(path, headers=shop.made.headers).status_code == 200
    listed = http.get("/v1/payments", params={"invoice_id": invoice["id"]}, headers=shop.made.headers)
    assert [one["id"] for one in listed.json()["items"]] == [paid.json()["id"]]


def test_an_unpaid_invoice_is_listed_as_owing(http: TestClient, shop: Shop) -> None:
    issued = shop.invoice(due_on=shop.today)
    listed = http.get("/v1/invoices", params={"owing": True, "limit": 200}, headers=shop.made.headers).json()
    assert str(issued.invoice.id) in {one["id"] for one in listed["items"]}
    assert all(one["open_minor"] > 0 for one in listed["items"])


def test_a_repeated_request_gets_the_same_bytes_and_does_nothing(http: TestClient, shop: Shop) -> None:
    body, key = invoice_body(shop), uuid.uuid4().hex
    first = post(http, shop, "/v1/invoices", body, key=key)
    before = count(shop, Invoice)
    again = post(http, shop, "/v1/invoices", dict(reversed(body.items())), key=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(shop, Invoice) == before
    other = post(http, shop, "/v1/invoices", invoice_body(shop, due_on=str(shop.today)), key=key)
    assert (other.status_code, problem(other)) == (422, "idempotency-key-reused")


def test_a_replay_needs_the_permission_again(http: TestClient, shop: Shop) -> None:
    staff = shop.made.staff([Permission.INVOICE_WRITE], location_id=shop.north)
    headers = shop.made.key([Permission.INVOICE_WRITE], location_id=shop.north, staff_id=staff)
    key, body = uuid.uuid4().hex, invoice_body(shop)
    assert post(http, shop, "/v1/invoices", body, key=key, **headers).status_code == 201
    assert post(http, shop, "/v1/invoices", body, key=key, **headers).status_code == 201
    with shop.database.session("owner") as session:
        session.execute(
            text("update staff_role set location_id = :south where staff_id = :staff"),
            {"south": shop.south, "staff": staff},
        )
    refused = post(http, shop, "/v1/invoices", body, key=key, **headers)
    assert refused.status_code in (401, 403)


def test_every_answer_kept_holds_ids_and_amounts_only(http: TestClient, shop: Shop) -> None:
    post(
        http,
        shop,
        "/v1/invoices",
        invoice_body(shop, gift_cards=[{"code": "SECRET-CODE-77", "value_minor": 5}]),
    )
    with shop.database.session("owner") as session:
        kept = b"".join(one or b"" for one in session.scalars(select(IdempotencyKey.answer)))
    assert b"lines" in kept
    for secret in (b"SECRETCODE", b"SECRET-CODE", str(shop.client_id).encode(), b"Example"):
        assert secret not in kept


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_a_key_is_required(http: TestClient, shop: Shop, key: str) -> None:
    headers = {**shop.made.headers, **({"Idempotency-Key": key} if key else {})}
    answer = http.post("/v1/invoices", json=invoice_body(shop), headers=headers)
    assert (answer.status_code, problem(answer)) == (400, "idempotency-key-missing")


def test_a_declined_card_takes_nothing_and_is_said_again(http: TestClient, shop: Shop) -> None:
    issued = shop.invoice()
    key = uuid.uuid4().hex
    body = payment_body(shop, issued.invoice.id, payment_token="tok_insufficient_funds")
    for _ in range(2):
        answer = post(http, shop, "/v1/payments", body, key=key)
        assert (answer.status_code, problem(answer)) == (402, "card-declined")
        assert answer.json()["decline_code"] == "insufficient_funds"
    again = post(http, shop, "/v1/payments", payment_body(shop, issued.invoice.id))
    assert again.status_code == 201


NOBODY = "00000000-0000-7000-8000-000000000000"
BAD_PAYMENTS: list[tuple[dict[str, Any], int, str]] = [
    ({"amount_minor": 0}, 422, "validation"),
    ({"amount_minor": -5}, 422, "validation"),
    ({"amount_minor": 10.5}, 422, "validation"),
    ({"amount_minor": "100"}, 422, "validation"),
    ({"amount_minor": True}, 422, "validation"),
    ({"amount_minor": 10**15}, 422, "validation"),
    ({"amount_minor": 10_001}, 409, "more-than-due"),
    ({"currency": "EUR"}, 422, "wrong-currency"),
    ({"currency": "usd"}, 422, "validation"),
    ({"tender": "shells"}, 422, "validation"),
    ({"tender": "cash"}, 422, "validation"),
    ({"tender": "cash", "payment_token": None, "tendered_minor": 9_999}, 422, "tendered-too-little"),
    ({"tender": "check", "payment_token": None, "check_number": "x\u0000y"}, 422, "validation"),
    ({"tender": "check", "payment_token": None, "check_number": "<script>"}, 422, "validation"),
    ({"payment_token": "4242 4242 4242 4242"}, 422, "card-number-refused"),
    ({"payment_token": "4242424242424242"}, 422, "card-number-refused"),
    ({"payment_token": "tok\u202e_visa"}, 422, "validation"),
    ({"invoice_id": NOBODY}, 404, "not-found"),
    ({"location_id": NOBODY}, 404, "not-found"),
    ({"drawer_session_id": NOBODY}, 404, "not-found"),
    ({"invoice_id": "no-id"}, 422, "validation"),
    ({"surprise": 1}, 422, "validation"),
    ({"tips": [{"provider_id": NOBODY, "amount_minor": 5}]}, 404, "not-found"),
]


@pytest.mark.parametrize(("change", "status", "code"), BAD_PAYMENTS)
def test_a_bad_payment_is_refused_and_half_of_nothing_is_done(
    http: TestClient, shop: Shop, change: dict[str, Any], status: int, code: str
) -> None:
    issued = shop.invoice()
    before = count(shop, Payment), count(shop, IdempotencyKey)
    key = uuid.uuid4().hex
    answer = post(http, shop, "/v1/payments", payment_body(shop, issued.invoice.id) | change, key=key)
    assert (answer.status_code, problem(answer)) == (status, code), answer.text
    assert "4242" not in answer.text
    assert (count(shop, Payment), count(shop, IdempotencyKey)) == before
    retried = post(http, shop, "/v1/payments", payment_body(shop, issued.invoice.id), key=key)
    assert retried.status_code == 201, "a refused request leaves its key unused"


BAD_INVOICES: list[tuple[dict[str, Any], int, str]] = [
    ({"retail": []}, 422, "validation"),
    ({"retail": [{"product_id": NOBODY}]}, 404, "not-found"),
    ({"client_id": NOBODY}, 404, "not-found"),
    ({"appointment_id": NOBODY}, 404, "not-found"),
    ({"due_on": "1999-01-01"}, 422, "invalid"),
    ({"due_on": "31/12/2026"}, 422, "validation"),
    ({"gift_cards": [{"code": "4111-1111-1111-1111", "value_minor": 100}]}, 422, "card-number-refused"),
    ({"gift_cards": [{"code": "short", "value_minor": 100}]}, 422, "validation"),
]


@pytest.mark.parametrize(("change", "status", "code"), BAD_INVOICES)
def test_a_bad_invoice_is_refused(
    http: TestClient, shop: Shop, change: dict[str, Any], status: int, code: str
) -> None:
    before = count(shop, Invoice)
    answer = post(http, shop, "/v1/invoices", invoice_body(shop, **change))
    assert (answer.status_code, problem(answer)) == (status, code), answer.text
    assert count(shop, Invoice) == before


def test_half_a_json_and_too_much_of_it(http: TestClient, shop: Shop) -> None:
    headers = {
        **shop.made.headers, "Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json",
    }  # fmt: skip
    half = http.post("/v1/payments", content=b'{"location_id": "', headers=headers)
    assert (half.status_code, problem(half)) == (400, "malformed-json")
    huge = http.post("/v1/payments", content=b'"' + b"x" * 10_000_000 + b'"', headers=headers)
    assert huge.status_code == 413


def test_permissions_are_asked_at_the_place_of_the_work(http: TestClient, shop: Shop) -> None:
    south_only = shop.made.key([Permission.INVOICE_WRITE, Permission.PAYMENT_TAKE], location_id=shop.south)
    answer = post(http, shop, "/v1/invoices", invoice_body(shop), **south_only)
    assert (answer.status_code, problem(answer)) == (403, "forbidden")
    issued = shop.invoice()
    hidden = post(http, shop, "/v1/payments", payment_body(shop, issued.invoice.id), **south_only)
    assert hidden.status_code == 403
    reader = shop.made.key([Permission.INVOICE_READ])
    assert (
        post(http, shop, "/v1/payments", payment_body(shop, issued.invoice.id), **reader).status_code == 403
    )
    desk = shop.made.key([Permission.INVOICE_WRITE])
    discounted = [
        {"product_id": str(shop.retail_id), "discount": {"reason": "courtesy", "amount_minor": 100}}
    ]
    answer = post(http, shop, "/v1/invoices", invoice_body(shop, retail=discounted), **desk)
    assert (answer.status_code, answer.json()["permission"]) == (403, "discount.apply")


def test_another_organizations_ids_are_unknown(http: TestClient, shop: Shop) -> None:
    stranger = open_shop(shop.database)
    theirs = stranger.invoice()
    paid = stranger.pay(theirs.invoice.id)
    memo = stranger.credit(theirs)
    headers = shop.made.headers
    for path in (
        f"/v1/invoices/{theirs.invoice.id}", f"/v1/payments/{paid.id}", f"/v1/credit-memos/{memo.memo.id}",
        f"/v1/clients/{stranger.client_id}/balances",
    ):  # fmt: skip
        assert http.get(path, headers=headers).status_code == 404
    line = {"invoice_line_id": str(theirs.lines[0].id)}
    attempts = [
        ("/v1/payments", payment_body(shop, theirs.invoice.id)),
        (f"/v1/invoices/{theirs.invoice.id}/void", {}),
        (f"/v1/invoices/{theirs.invoice.id}/applications", {"currency": "USD", "source": "deposit"}),
        (f"/v1/invoices/{theirs.invoice.id}/credit-memos", {"reason": "goodwill", "lines": [line]}),
        ("/v1/payouts", {"currency": "USD", "payment_id": str(paid.id), "amount_minor": 1}),
        ("/v1/invoices", invoice_body(shop, client_id=str(stranger.client_id))),
        ("/v1/invoices", invoice_body(shop, retail=[{"product_id": str(stranger.retail_id)}])),
    ]
    for path, body in attempts:
        answer = post(http, shop, path, body)
        assert (answer.status_code, problem(answer)) == (404, "not-found"), path


def test_the_processor_keeps_its_own_books(http: TestClient, shop: Shop, settings: Settings) -> None:
    issued = shop.invoice(retail=[{"product_id": shop.retail_id, "quantity": 7}])
    assert post(http, shop, "/v1/payments", payment_body(shop, issued.invoice.id)).status_code == 201
    books = InProcessProcessor(settings.home / "processor" / "books.sqlite")
    assert books.operations()[-1]["amount_minor"] == 15_243
