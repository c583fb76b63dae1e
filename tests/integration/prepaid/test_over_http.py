"""A package over HTTP as a desk sells, uses, refunds and closes it; then what is owed ties."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Account
from tests.factories.checkout import Shop, open_shop
from tests.factories.prepaid import carried, count_drawers, item_of, owed
from tests.support.api import client_of
from tests.support.databases import Database


@pytest.fixture(scope="module")
def shop(operational_module: Database) -> Shop:
    return open_shop(operational_module)


@pytest.fixture(scope="module")
def http(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = Settings(home=tmp_path_factory.mktemp("home"), operational=shop.database.dsns)
    with client_of(settings) as client:
        yield client


def send(http: TestClient, shop: Shop, path: str, body: Any, expected: int = 201) -> Any:
    headers = {**shop.made.headers, "Idempotency-Key": uuid.uuid4().hex}
    answer = http.post(path, json=body, headers=headers)
    assert answer.status_code == expected, answer.text
    return answer.json()


def read(http: TestClient, shop: Shop, path: str) -> Any:
    answer = http.get(path, headers=shop.made.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_sold_used_twice_refunded_and_closed(http: TestClient, shop: Shop) -> None:
    desk = {"location_id": str(shop.north), "client_id": str(shop.client_id), "currency": "USD"}
    session = str(shop.drawers[shop.north])
    item = {"service_id": str(shop.made.consultation_id), "quantity_milli": 4_000}
    offer = {"name": "Four visits", "price_minor": 36_000, "breakage_ppm": 100_000, "items": [item]}
    plan = send(http, shop, "/v1/package-plans", offer)
    sale = send(http, shop, "/v1/invoices", {**desk, "packages": [{"package_plan_id": plan["id"]}]})
    assert (sale["total_minor"], sale["lines"][0]["kind"]) == (36_000, "package")
    paid = send(
        http, shop, "/v1/payments",
        {
            "location_id": str(shop.north), "drawer_session_id": session, "tender": "cash",
            "currency": "USD", "invoice_id": sale["id"], "tendered_minor": 36_000,
        },
    )  # fmt: skip
    package_id = sale["lines"][0]["package_id"]
    (mine,) = read(http, shop, f"/v1/clients/{shop.client_id}/entitlements")["items"]
    assert (mine["remaining_milli"], mine["remaining_minor"]) == (4_000, 36_000)
    for left in (3_000, 2_000):
        visit = shop.visit()
        service = {"appointment_item_id": str(item_of(shop, visit)), "entitlement_id": mine["id"]}
        used = send(http, shop, "/v1/invoices", {**desk, "appointment_id": str(visit), "services": [service]})
        assert (used["total_minor"], used["lines"][0]["covered_by"]) == (0, mine["id"])
        package = read(http, shop, f"/v1/packages/{package_id}")
        assert package["entitlements"][0]["remaining_milli"] == left
    memo = send(
        http, shop, f"/v1/packages/{package_id}/refund", {"reason": "dissatisfied", "reprice_used": True}
    )
    assert (memo["total_minor"], memo["payable_minor"]) == (16_000, 16_000)
    again = send(http, shop, f"/v1/packages/{package_id}/refund", {"reason": "dissatisfied"}, 409)
    assert again["type"] == "urn:medspa:problem:nothing-left"
    send(
        http, shop, "/v1/payouts",
        {
            "currency": "USD", "credit_memo_id": memo["id"], "payment_id": paid["id"],
            "amount_minor": 16_000, "drawer_session_id": session,
        },
    )  # fmt: skip
    assert read(http, shop, f"/v1/clients/{shop.client_id}/entitlements")["items"] == []
    count_drawers(shop, 20_000)
    send(http, shop, f"/v1/locations/{shop.north}/days/{shop.today}/close", {}, 200)
    assert owed(shop, uuid.UUID(package_id)) == carried(shop, uuid.UUID(package_id)) == 0
    # Use earned 2 000 of breakage; nothing is left to break, so the allowance is empty again.
    assert shop.balance(Account.PACKAGE_BREAKAGE_ALLOWANCE) == shop.balance(Account.BREAKAGE_REVENUE) == 0
    assert -shop.balance(Account.SERVICE_REVENUE) == 20_000
    with shop.database.session("owner") as rows:
        figures = rows.execute(
            text(
                "select key, amount_minor from day_close_figure where org_id = :org and measure = 'packages'"
            ),
            {"org": shop.made.org_id, "of": "packages"},
        ).all()
    assert {row.key: row.amount_minor for row in figures} == {
        "prepaid_sold": 36_000, "prepaid_used": -18_000, "prepaid_credited": -18_000,
    }  # fmt: skip
