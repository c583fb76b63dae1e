"""Notes of the desk, households, and whose balance pays."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import text

from medspa.kernel.vocabulary import Permission
from tests.factories.checkout import Shop


def _person(http: TestClient, shop: Shop, name: str) -> str:
    sent = {"first_name": name, "last_name": "Home"}
    return str(http.post("/v1/clients", json=sent, headers=shop.made.headers).json()["client"]["id"])


def _call(http: TestClient, shop: Shop, method: str, path: str, **options: Any) -> Any:
    return http.request(method, path, headers=options.pop("headers", shop.made.headers), **options)


def _keyed(headers: dict[str, str]) -> dict[str, str]:
    return {**headers, "Idempotency-Key": str(uuid.uuid4())}


def test_a_note_is_sealed_shown_with_its_author_and_struck_out(http: TestClient, shop: Shop) -> None:
    client = _person(http, shop, "Nora")
    written = _call(
        http, shop, "POST", f"/v1/clients/{client}/desk-notes", json={"body": "Two lumps of sugar"}
    )
    assert (written.status_code, written.json()["body"]) == (201, "Two lumps of sugar")
    with shop.database.session("admin") as session:
        stored = session.execute(text("select body from client_note where client_id = :one"), {"one": client})
        assert b"sugar" not in bytes(stored.scalar_one())
    shown = _call(http, shop, "GET", f"/v1/clients/{client}/desk-notes").json()["items"]
    assert [(one["body"], one["author"] is not None) for one in shown] == [("Two lumps of sugar", True)]
    reader = shop.made.key([Permission.CLIENT_READ])
    assert (
        _call(http, shop, "DELETE", f"/v1/client-notes/{shown[0]['id']}", headers=reader).status_code == 403
    )
    assert _call(http, shop, "DELETE", f"/v1/client-notes/{shown[0]['id']}").status_code == 204
    assert _call(http, shop, "GET", f"/v1/clients/{client}/desk-notes").json()["items"] == []


def test_a_payer_is_of_the_household_and_pays_for_themselves(http: TestClient, shop: Shop) -> None:
    child, parent, stranger = (_person(http, shop, name) for name in ("Kid", "Pat", "Sam"))
    joined = _call(http, shop, "POST", f"/v1/clients/{child}/household", json={"client_id": parent})
    assert [one["id"] for one in joined.json()["items"]] == [child, parent]
    for wrong in (child, stranger):
        refused = _call(http, shop, "PUT", f"/v1/clients/{child}/payer", json={"payer_id": wrong})
        assert refused.json()["type"] == "urn:medspa:problem:not-of-this-household"
    assert (
        _call(http, shop, "PUT", f"/v1/clients/{child}/payer", json={"payer_id": parent}).status_code == 200
    )
    circle = _call(http, shop, "PUT", f"/v1/clients/{parent}/payer", json={"payer_id": child})
    assert circle.status_code == 422
    assert _call(http, shop, "DELETE", f"/v1/clients/{parent}/household").status_code == 204
    assert _call(http, shop, "GET", f"/v1/clients/{child}/household").json()["items"] == []


def test_the_payers_balance_settles_an_invoice_for_who_may_use_it(http: TestClient, shop: Shop) -> None:
    child, parent = _person(http, shop, "Kid"), _person(http, shop, "Pat")
    _call(http, shop, "POST", f"/v1/clients/{child}/household", json={"client_id": parent})
    _call(http, shop, "PUT", f"/v1/clients/{child}/payer", json={"payer_id": parent})
    shop.pay(None, client_id=parent, amount_minor=3_000)
    issued = shop.invoice(client_id=child, retail=[{"product_id": shop.retail_id, "quantity": 1}])
    path, body = f"/v1/invoices/{issued.invoice.id}/applications", {"currency": "USD", "source": "deposit"}
    cashier = shop.made.key([Permission.PAYMENT_TAKE, Permission.INVOICE_READ])
    shown = _call(http, shop, "GET", f"/v1/clients/{child}/balances", headers=cashier).json()
    assert shown["payer"] is None
    refused = http.post(path, json={**body, "payer": True}, headers=_keyed(cashier))
    assert (refused.status_code, refused.json()["permission"]) == (403, "payment.household")
    shown = _call(http, shop, "GET", f"/v1/clients/{child}/balances").json()
    assert (shown["deposits_minor"], shown["payer"]["deposits_minor"]) == (0, 3_000)
    paid = http.post(
        path, json={**body, "payer": True, "amount_minor": 2_000}, headers=_keyed(shop.made.headers)
    )
    assert paid.status_code == 201, paid.text
    after = _call(http, shop, "GET", f"/v1/clients/{parent}/balances").json()
    assert after["deposits_minor"] == 1_000
