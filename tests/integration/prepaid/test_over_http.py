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

ACCESS = {"access_standalone_minor": 10_000}


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


def test_a_member_goes_over_to_a_dearer_plan_and_gets_the_rest_back(http: TestClient, shop: Shop) -> None:
    """On the first day the whole price of each is exchanged: 100.00 paid, 140.00 asked, 40.00 still owed."""
    plans = [
        send(http, shop, "/v1/membership-plans", {"name": name, "price_minor": price, **ACCESS})["id"]
        for name, price in (("Access", 10_000), ("More access", 14_000))
    ]
    desk = {"location_id": str(shop.south), "client_id": str(shop.client_id)}
    member = send(http, shop, "/v1/memberships", {**desk, "membership_plan_id": plans[0]})["id"]
    deposit = {"drawer_session_id": str(shop.drawers[shop.south]), "tender": "cash", "currency": "USD"}
    send(http, shop, "/v1/payments", {**desk, **deposit, "amount_minor": 10_000, "tendered_minor": 10_000})
    send(http, shop, f"/v1/memberships/{member}/settle", {}, 200)
    path = f"/v1/memberships/{member}"
    changed = send(http, shop, f"{path}/change-plan", {"membership_plan_id": plans[1]}, 200)
    assert (changed["due_minor"], changed["kept_minor"]) == (4_000, 0)
    again = send(http, shop, f"{path}/change-plan", {"membership_plan_id": plans[1]}, 422)
    assert again["type"] == "urn:medspa:problem:invalid"
    first, second = read(http, shop, path)["periods"]
    assert (first["ended_as"], first["access_returned_minor"], first["status"]) == ("changed", 10_000, "paid")
    assert (second["price_minor"], second["ended_on"]) == (14_000, None)
    memo = send(http, shop, f"{path}/refund", {"reason": "dissatisfied", "number": second["number"]})
    # 40.00 of it were never paid.
    assert (memo["total_minor"], memo["payable_minor"]) == (14_000, 10_000)
    assert read(http, shop, path)["balance_minor"] == 0
    assert send(http, shop, f"{path}/refund", {"reason": "dissatisfied"}, 409)["status"] == 409


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
