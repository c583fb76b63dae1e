"""Set-up pages: nothing without the permission, nothing of others, nobody's change overwritten."""

from __future__ import annotations

import uuid

import httpx2
import pytest
from fastapi.testclient import TestClient

from medspa.kernel.vocabulary import Permission
from operational.models import Location, Role, Service, StaffMember
from operational.setup import week
from operational.setup.attempt import STALE
from operational.setup.permission_words import MAY
from tests.factories.checkout import Shop, open_shop
from tests.support.pages import Page
from tests.support.signed_in import session_token

P = Permission


def signed_in(http: TestClient, shop: Shop, staff_id: uuid.UUID) -> None:
    http.cookies.clear()
    http.cookies.set("medspa_session", session_token(shop.database, shop.made.org_id, staff_id))
    http.follow_redirects = False


def token(http: TestClient) -> str:
    return Page(http.get("/setup")).field_of("csrf_token")


def send(http: TestClient, path: str, **fields: str) -> httpx2.Response:
    return http.post(path, data={"csrf_token": token(http), **fields})


MANAGED = {
    "/setup/organization": P.ORGANIZATION_MANAGE,
    "/setup/locations": P.ORGANIZATION_MANAGE,
    "/setup/services": P.CATALOGUE_MANAGE,
    "/setup/staff": P.STAFF_MANAGE,
    "/setup/roles": P.STAFF_MANAGE,
    "/setup/shifts": P.SCHEDULE_MANAGE,
}


def test_each_page_needs_its_permission_and_each_form_its_token(http: TestClient, shop: Shop) -> None:
    for path, needed in MANAGED.items():
        signed_in(http, shop, shop.made.staff(set(P) - {needed}))
        assert (http.get(path).status_code, send(http, path).status_code) == (403, 403), path
        signed_in(http, shop, shop.made.staff([needed]))
        page = Page(http.get(path))
        assert page.answer.status_code == 200, path
        forged = http.post(path, data={"csrf_token": "x", "name": "Forged", "if_match": '"1"'})
        assert forged.status_code == 403, path
    with shop.database.session("owner") as session:
        assert not session.query(Role).filter_by(name="Forged").count()


def test_records_of_another_organization_do_not_exist(http: TestClient, shop: Shop) -> None:
    neighbour = open_shop(shop.database).made
    signed_in(http, shop, shop.made.owner_id)
    place, person = neighbour.location_id, neighbour.provider_id
    role = next(iter(neighbour.new.roles.values()))
    for path in (
        f"/setup/locations/{place}", f"/setup/locations/{place}/hours", f"/setup/locations/{place}/taxes",
        f"/setup/locations/{place}/drawers", f"/setup/services/{neighbour.service_id}",
        f"/setup/roles/{role}", f"/setup/staff/{person}",
    ):  # fmt: skip
        assert http.get(path).status_code == 404, path
        fields = {
            "if_match": '"1"',
            "name": "Taken",
            "label": "Taken",
            "active": "on",
            "permissions": "audit.read",
        }
        assert send(http, path, **fields).status_code in (404, 422), path
    given = {"role_id": str(role), "location_id": "everywhere"}
    assert send(http, f"/setup/staff/{shop.made.provider_id}/roles", **given).status_code == 422
    assert send(http, f"/setup/staff/{person}/enrolment").status_code == 404
    with shop.database.session("owner") as session:
        assert {row.name for row in session.query(Location).filter_by(id=place)} != {"Taken"}
        assert {row.label for row in session.query(StaffMember).filter_by(id=person)} != {"Taken"}


def test_the_later_of_two_changes_is_shown_what_was_saved(http: TestClient, shop: Shop) -> None:
    signed_in(http, shop, shop.made.owner_id)
    path = f"/setup/services/{shop.made.consultation_id}"
    form = Page(http.get(path))
    typed = {
        str(one["name"]): one.get("value") or "on"
        for one in form.inputs
        if one.get("name") not in (None, "csrf_token", "q", "part", "next", "location_id")
        and (one.get("type") != "checkbox" or "checked" in one)
    }
    first = send(http, path, **{**typed, "price_minor": "120.00"})
    assert first.status_code == 303, first.text
    late = send(http, path, **{**typed, "price_minor": "130.00"})
    assert (late.status_code, Page(late).alerts) == (422, [STALE])
    assert Page(late).field("price_minor") == "120.00"
    wrong = send(http, path, **{**typed, "if_match": Page(late).field("if_match"), "price_minor": "12.345"})
    assert "Enter an amount such as 450.00." in wrong.text
    with shop.database.session("owner") as session:
        assert session.get_one(Service, (shop.made.org_id, shop.made.consultation_id)).price_minor == 12_000


def test_nobody_gives_what_they_do_not_hold(http: TestClient, shop: Shop) -> None:
    signed_in(http, shop, shop.made.staff([P.STAFF_MANAGE, P.BOOKING_READ]))
    assert set(MAY) == set(P)
    assert all(words in http.get("/setup/roles").text for words in ("Squeeze visits in", "Close the day"))
    refused = send(http, "/setup/roles", name="More than mine", permissions="audit.read")
    assert (refused.status_code, "You do not hold audit.read." in refused.text) == (422, True)
    owner = {"label": "Ally", "email": "ally@example.com", "role_id": str(shop.made.new.roles["Owner"])}
    refused = send(http, "/setup/staff", location_id="everywhere", **owner)
    assert (refused.status_code, "You do not hold" in refused.text) == (422, True)
    with shop.database.session("owner") as session:
        assert not session.query(StaffMember).filter_by(label="Ally").count()


@pytest.mark.parametrize(
    ("typed", "spans"),
    [
        ({"from-0-0": "09:00", "until-0-0": "17:00"}, [(0, 540, 1020)]),
        ({"from-6-0": "20:00", "until-6-0": "02:00"}, [(6, 1200, 1560)]),
        ({"from-1-0": "09:00"}, None),
        ({"from-1-0": "25:00", "until-1-0": "26:00"}, None),
        ({}, []),
        ({"from-1-0": "09:00", "until-1-0": "09:00"}, None),
    ],
)
def test_a_week_is_read_as_it_is_meant(typed: dict[str, str], spans: list[week.Span] | None) -> None:
    found, wrong = week.read(typed)  # type: ignore[arg-type]
    assert (found, bool(wrong)) == (spans or [], spans is None)
