"""Setting up an organization over HTTP: entities, locations, hours, taxes, credentials, the catalogue."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import PaymentStatus
from operational.checkout.errors import AccountUnnamed
from operational.checkout.processor.stripe import StripeProcessor
from operational.organization.bootstrap import OrganizationExists, create_organization
from tests.conftest import MakeSettings
from tests.factories.checkout import open_shop
from tests.factories.organization import OrganizationSetUp
from tests.integration.checkout.test_cards import charge
from tests.support.api import client_of
from tests.support.databases import Database


def _post(api: TestClient, path: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = api.post(path, json=body)
    assert answer.status_code == status, answer.text
    created: dict[str, Any] = answer.json()
    return created


def _location(made: OrganizationSetUp, **values: Any) -> dict[str, Any]:
    return {
        "legal_entity_id": str(made.legal_entity_id),
        "name": "Riverside",
        "code": "RIVER",
        "timezone": "America/Chicago",
        "state": "IL",
        **values,
    }


def test_from_nothing_to_a_location_with_taxes(
    operational_module: Database, make_settings: MakeSettings
) -> None:
    new = create_organization(
        operational_module.engine("owner"),
        name="Fresh",
        slug="fresh",
        owner_label="Owner",
        owner_email="o@fresh.example",
    )
    with client_of(make_settings(operational_module)) as api:
        api.headers["Authorization"] = f"Bearer {new.api_key}"
        entity = _post(api, "/v1/legal-entities", {"name": "Fresh PC", "currency": "EUR"})
        body = {"legal_entity_id": entity["id"], "name": "One", "code": "ONE", "timezone": "Europe/Paris"}
        location = _post(api, "/v1/locations", {**body, "state": "NY"})
        assert location["currency"] == "EUR"
        address = f"/v1/locations/{location['id']}"
        jurisdiction = _post(api, f"{address}/tax-jurisdictions", {"name": "City"})
        rates = f"/v1/tax-jurisdictions/{jurisdiction['id']}/rates"
        for day, rate in (("2020-01-01", 80_000), ("2026-01-01", 88_750)):
            _post(api, rates, {"tax_class": "retail", "rate_ppm": rate, "valid_from": day})
        assert [one["rate_ppm"] for one in api.get(rates).json()["items"]] == [80_000, 88_750]
        twice = {"tax_class": "retail", "rate_ppm": 1, "valid_from": "2026-01-01"}
        assert api.post(rates, json=twice).status_code == 409
        account = {"legal_entity_id": entity["id"], "name": "Cards"}
        assert _post(api, "/v1/merchant-accounts", account)["processor"] == "inprocess"
        assert api.get("/v1/organization").json()["slug"] == "fresh"
        assert {one["name"] for one in api.get("/v1/roles").json()["items"]} == {
            "Owner", "Manager", "Provider", "Front desk", "Bookkeeper", "Marketer",
        }  # fmt: skip


def test_an_organization_s_short_name_is_its_own(
    operational_module: Database, made: OrganizationSetUp
) -> None:
    def create(**values: str) -> None:
        given = {"name": "X", "slug": "other", "owner_label": "O", "owner_email": "o@x.example", **values}
        create_organization(operational_module.engine("owner"), **given)

    with pytest.raises(OrganizationExists):
        create(slug=made.slug)
    for wrong in ({"slug": "Not OK"}, {"owner_email": "nobody"}, {"password": "short"}):
        with pytest.raises(Invalid):
            create(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timezone": "America/Gotham"},
        {"timezone": "EST5EDT"},
        {"state": "Illinois"},
        {"cutover_hour": 13},
        {"no_show_fee_minor": -1},
        {"no_show_fee_minor": 10.5},
        {"cash_step_minor": 0},
        {"currency": "EUR"},
        {"code": "with space"},
        {"name": "Right\u202eleft"},
    ],
)
def test_a_location_that_cannot_be(api: TestClient, made: OrganizationSetUp, wrong: dict[str, Any]) -> None:
    answer = api.post("/v1/locations", json=_location(made, **wrong))
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == list(wrong)
    assert len(api.get("/v1/locations").json()["items"]) == 2


def test_a_location_code_is_used_once(api: TestClient, made: OrganizationSetUp) -> None:
    _post(api, "/v1/locations", _location(made))
    answer = api.post("/v1/locations", json=_location(made, name="Other"))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:medspa:problem:already-exists")


def test_what_business_dates_rest_on_does_not_change(api: TestClient, made: OrganizationSetUp) -> None:
    address = f"/v1/locations/{made.location_id}"
    etag = api.get(address).headers["etag"]
    for wrong in ({"timezone": "America/Chicago"}, {"cutover_hour": 5}, {"currency": "EUR"}):
        assert api.patch(address, json=wrong, headers={"If-Match": etag}).status_code == 422
    changed = api.patch(address, json={"invoice_due_days": 14}, headers={"If-Match": etag})
    assert changed.json()["invoice_due_days"] == 14
    assert changed.headers["etag"] != etag
    stale = api.patch(address, json={"invoice_due_days": 7}, headers={"If-Match": etag})
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:medspa:problem:stale-version")
    assert (
        api.patch(address, json={"name": None}, headers={"If-Match": changed.headers["etag"]}).status_code
        == 422
    )


def test_opening_hours_are_replaced_as_a_whole(api: TestClient, made: OrganizationSetUp) -> None:
    address = f"/v1/locations/{made.location_id}/hours"
    etag = api.get(address).headers["etag"]
    week = [{"weekday": 0, "opens_minute": 540, "closes_minute": 1020}]
    assert api.put(address, json={"hours": week}).status_code == 428
    changed = api.put(address, json={"hours": week}, headers={"If-Match": etag})
    assert (changed.status_code, changed.json()["hours"]) == (200, week)
    assert changed.headers["etag"] != etag
    assert api.put(address, json={"hours": []}, headers={"If-Match": etag}).status_code == 412
    assert api.get(address).json()["hours"] == week


@pytest.mark.parametrize(
    "hours",
    [
        [{"weekday": 7, "opens_minute": 0, "closes_minute": 60}],
        [{"weekday": 0, "opens_minute": 600, "closes_minute": 600}],
        [
            {"weekday": 0, "opens_minute": 600, "closes_minute": 700},
            {"weekday": 0, "opens_minute": 650, "closes_minute": 800},
        ],
        [
            {"weekday": 0, "opens_minute": 1200, "closes_minute": 1500},
            {"weekday": 1, "opens_minute": 30, "closes_minute": 600},
        ],
        [
            {"weekday": 6, "opens_minute": 1200, "closes_minute": 1500},
            {"weekday": 0, "opens_minute": 30, "closes_minute": 600},
        ],
    ],
)
def test_hours_that_cannot_be(api: TestClient, made: OrganizationSetUp, hours: list[dict[str, int]]) -> None:
    address = f"/v1/locations/{made.location_id}/hours"
    before = api.get(address)
    answer = api.put(address, json={"hours": hours}, headers={"If-Match": before.headers["etag"]})
    assert answer.status_code == 422
    assert api.get(address).json() == before.json()


def test_a_merchant_account_is_called_what_the_card_vendor_calls_it(
    operational_module: Database, make_settings: MakeSettings
) -> None:
    shop = open_shop(operational_module, processor_account=str(uuid.uuid4()))
    with client_of(make_settings(operational_module, processor="stripe")) as api:
        api.headers.update(shop.made.headers)
        body = {"legal_entity_id": str(shop.made.legal_entity_id), "name": "At the vendor"}
        for wrong in ("Main", "acct_", "acct_1-2", "owner", None):
            _post(api, "/v1/merchant-accounts", {**body, "processor_account": wrong}, 422)
        name = f"acct_{uuid.uuid4().hex}"
        created = _post(api, "/v1/merchant-accounts", {**body, "processor_account": name})
        assert created["processor_account"] == name

        def correct(account_id: object, to: str) -> tuple[int, str]:
            path = f"/v1/merchant-accounts/{account_id}"
            answer = api.patch(path, json={"processor_account": to}).json()
            return answer.get("status", 200), answer.get("processor_account", answer.get("type"))

        assert correct(created["id"], "Main")[0] == 422
        other = f"acct_{uuid.uuid4().hex}"
        assert correct(created["id"], other) == (200, other)
        # What was refused for the name alone never left; what was sent to the account stays its.
        used, nobody = shop.made.merchant_account_id, StripeProcessor("http://127.0.0.1:9", "sk")
        _, refused = charge(shop, nobody, "pm_card_visa")
        assert refused.decline_code == AccountUnnamed.code
        right = f"acct_{uuid.uuid4().hex}"
        assert correct(used, right) == (200, right)
        _, sent = charge(shop, nobody, "pm_card_visa")
        assert sent.status is PaymentStatus.UNKNOWN
        assert correct(used, other + "x") == (409, "urn:medspa:problem:account-used")
        assert correct(used, right) == (200, right)
        nobody.close()
