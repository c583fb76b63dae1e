"""The catalogue and its defaults, credentials, permissions of set-up, pages."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from medspa.kernel.vocabulary import Permission
from tests.factories.organization import OrganizationSetUp
from tests.integration.organization.test_setup import _location


def test_defaults_load_once_and_leave_what_is_there(api: TestClient, made: OrganizationSetUp) -> None:
    assert api.post("/v1/catalogue/defaults").json() == {"categories_added": 18, "products_added": 5}
    assert api.post("/v1/catalogue/defaults").json() == {"categories_added": 0, "products_added": 0}
    categories = {one["code"]: one for one in api.get("/v1/treatment-categories").json()["items"]}
    assert categories["neurotoxin"]["id"] == str(made.category_id)
    assert categories["filler_lips"]["cycle_days"] == 270
    assert (
        categories["filler_lips"]["contact_from_days"],
        categories["filler_lips"]["contact_until_days"],
    ) == (
        240,
        360,
    )
    products = {one["name"]: one for one in api.get("/v1/products").json()["items"]}
    assert products["Daxxify"]["cycle_days"] == 165
    assert not products["Daxxify"]["active"]


def test_a_service_with_what_it_needs(api: TestClient, made: OrganizationSetUp) -> None:
    body = {
        "category_id": str(made.category_id),
        "name": "Laser, face",
        "provider_minutes": 45,
        "price_minor": 25_000,
        "needs": [{"kind": "room", "tag": "laser"}, {"kind": "device", "tag": "laser"}],
    }
    created = api.post("/v1/services", json=body)
    assert created.status_code == 201
    address, etag = f"/v1/services/{created.json()['id']}", created.headers["etag"]
    assert len(created.json()["needs"]) == 2
    changed = api.patch(
        address,
        json={"price_minor": 26_000, "needs": [{"kind": "room", "tag": "laser"}]},
        headers={"If-Match": etag},
    )
    assert (changed.json()["price_minor"], changed.json()["needs"]) == (
        26_000,
        [{"kind": "room", "tag": "laser"}],
    )
    listed = api.get("/v1/services", params={"category_id": str(made.category_id), "active": True})
    assert len(listed.json()["items"]) == 3


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/services", {"name": "X", "provider_minutes": 0, "price_minor": 1}),
        ("/v1/services", {"name": "X", "provider_minutes": 30, "price_minor": -1}),
        ("/v1/services", {"name": "X", "provider_minutes": 30, "price_minor": 1, "billed_by_unit": True}),
        ("/v1/services", {"name": "X", "provider_minutes": 30, "price_minor": 10**15}),
        ("/v1/services", {"name": "X\u0007", "provider_minutes": 30, "price_minor": 1}),
        ("/v1/products", {"name": "X", "unit": "barrel", "price_minor": 1}),
        (
            "/v1/products",
            {"name": "X", "unit": "unit", "price_minor": 1, "contact_from_days": 9, "contact_until_days": 8},
        ),
        ("/v1/treatment-categories", {"code": "Not a code", "name": "X"}),
        ("/v1/treatment-categories", {"code": "x", "name": "X", "cycle_days": 0}),
    ],
)
def test_catalogue_entries_that_cannot_be(
    api: TestClient, made: OrganizationSetUp, path: str, body: dict[str, Any]
) -> None:
    if path != "/v1/treatment-categories":
        body = {"category_id": str(made.category_id), **body}
    before = api.get(path).json()
    answer = api.post(path, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert api.get(path).json() == before


def test_unknown_ids_in_bodies_are_404_and_change_nothing(api: TestClient, made: OrganizationSetUp) -> None:
    unknown = "00000000-0000-7000-8000-000000000000"
    for path, body in (
        ("/v1/locations", _location(made, legal_entity_id=unknown)),
        ("/v1/services", {"category_id": unknown, "name": "X", "provider_minutes": 30, "price_minor": 1}),
        ("/v1/resources", {"location_id": unknown, "kind": "room", "name": "X", "tag": "x"}),
        ("/v1/merchant-accounts", {"legal_entity_id": unknown, "name": "X"}),
    ):
        assert api.post(path, json=body).status_code == 404
    for path in (
        "/v1/locations/",
        "/v1/services/",
        "/v1/products/",
        "/v1/resources/",
        "/v1/roles/",
        "/v1/staff/",
    ):
        assert api.get(path + unknown).status_code == 404
        assert api.get(path + "not-an-id").status_code == 422


def test_credentials_are_for_providers_and_have_an_end(api: TestClient, made: OrganizationSetUp) -> None:
    address = f"/v1/staff/{made.provider_id}/credentials"
    body = {
        "category_id": str(made.category_id),
        "location_id": str(made.location_id),
        "valid_from": "2026-01-01",
        "valid_until": "2027-01-01",
        "licence_number": "RN-55501",
    }
    created = api.post(address, json=body)
    assert created.status_code == 201
    assert "RN-55501" not in created.text
    assert api.post(address, json={**body, "valid_until": "2026-01-01"}).status_code == 422
    assert api.post(f"/v1/staff/{made.owner_id}/credentials", json=body).status_code == 422
    one = f"/v1/credentials/{created.json()['id']}"
    changed = api.patch(
        one, json={"valid_until": "2026-06-01"}, headers={"If-Match": created.headers["etag"]}
    )
    assert changed.json()["valid_until"] == "2026-06-01"
    wrong = api.patch(one, json={"valid_until": "2025-06-01"}, headers={"If-Match": changed.headers["etag"]})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "urn:medspa:problem:out-of-range")


def test_set_up_needs_its_permission_at_the_place(api: TestClient, made: OrganizationSetUp) -> None:
    here, there = made.locations
    local = made.key([Permission.ORGANIZATION_MANAGE, Permission.CATALOGUE_MANAGE], location_id=here)
    assert api.post("/v1/locations", json=_location(made), headers=local).status_code == 403
    room = {"kind": "room", "name": "Room 9", "tag": "laser"}
    statuses = [
        api.post("/v1/resources", json={**room, "location_id": str(place)}, headers=local).status_code
        for place in (here, there)
    ]
    assert statuses == [201, 403]
    desk = made.key([Permission.BOOKING_WRITE])
    assert api.post("/v1/catalogue/defaults", headers=desk).status_code == 403
    assert api.get("/v1/services", headers=desk).status_code == 200


def test_lists_are_paged_in_a_stable_order(api: TestClient) -> None:
    api.post("/v1/catalogue/defaults")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = api.get(
            "/v1/treatment-categories", params={"limit": 7} | ({"cursor": cursor} if cursor else {})
        )
        seen += [one["id"] for one in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 19
    assert seen == sorted(seen)
    for wrong in ({"limit": 0}, {"limit": 201}, {"cursor": "not a cursor"}, {"limit": "many"}):
        assert api.get("/v1/treatment-categories", params=wrong).status_code == 422
