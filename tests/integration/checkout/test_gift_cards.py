"""Gift cards at the front desk: a code is one card, and free again when its sale was a mistake."""

from __future__ import annotations

import uuid

import httpx2
from fastapi.testclient import TestClient

from tests.factories.checkout import Shop
from tests.integration.checkout.test_over_http import http, invoice_body, payment_body, post, settings, shop

__all__ = ["http", "settings", "shop"]


def test_a_gift_card_whose_sale_was_voided_is_sold_again(http: TestClient, shop: Shop) -> None:
    code = f"CARD-{uuid.uuid4().hex[:8].upper()}"

    def sell(value: int) -> httpx2.Response:
        body = invoice_body(shop, retail=[], gift_cards=[{"code": code, "value_minor": value}])
        return post(http, shop, "/v1/invoices", body)

    def balance() -> httpx2.Response:
        return http.post("/v1/gift-cards/balance", json={"code": code}, headers=shop.made.headers)

    wrong = sell(50_000).json()
    again = sell(5_000)
    assert (again.status_code, again.json()["type"]) == (409, "urn:medspa:problem:already-invoiced")
    assert "void" in again.json()["detail"]
    assert post(http, shop, f"/v1/invoices/{wrong['id']}/void", None).status_code == 200
    assert balance().status_code == 404
    right = sell(5_000)
    assert right.status_code == 201, right.text
    assert right.json()["lines"][0]["gift_card_id"] != wrong["lines"][0]["gift_card_id"]
    assert post(http, shop, "/v1/payments", payment_body(shop, right.json()["id"])).status_code == 201
    assert balance().json()["balance_minor"] == 5_000
    assert sell(5_000).status_code == 409
