"""Ways, places and notices are each person's own; what goes wrong on a page is told on a page."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import NoticeKind, Permission
from operational.app import create_app
from operational.notices import notify, notify_person
from operational.pages import page_router
from tests.factories.checkout import Shop, open_shop
from tests.support.api import client_of
from tests.support.pages import Page
from tests.support.signed_in import session_token

JOINED = NoticeKind.STAFF_JOINED


def signed_in(http: TestClient, shop: Shop, *held: Permission, place: uuid.UUID | None = None) -> uuid.UUID:
    """The browser of somebody with these permissions: the application's client has their cookie now."""
    staff_id = shop.made.staff(held, location_id=place)
    http.cookies.clear()
    http.cookies.set("medspa_session", session_token(shop.database, shop.made.org_id, staff_id))
    return staff_id


def tell(shop: Shop, permission: Permission, place: uuid.UUID | None) -> None:
    with shop.transaction() as session:
        notify(session, location_id=place, permission=permission, kind=JOINED, subject_id=shop.made.owner_id)


def unread(http: TestClient) -> int:
    text = Page(http.get("/notifications")).answer.text
    return text.count('class="fresh"')


def test_notices_reach_who_holds_the_permission_there_and_nobody_else(http: TestClient, shop: Shop) -> None:
    neighbour = open_shop(shop.database)
    for place in (shop.north, shop.south, None):
        tell(shop, Permission.DAY_CLOSE, place)
    tell(shop, Permission.STAFF_MANAGE, None)
    tell(neighbour, Permission.DAY_CLOSE, None)
    me = signed_in(http, shop, Permission.DAY_CLOSE, place=shop.north)
    assert unread(http) == 2
    with shop.transaction() as session:
        notify_person(session, me, kind=NoticeKind.PIN_REFUSED)
        notify_person(session, shop.made.owner_id, kind=NoticeKind.PIN_REFUSED)
    page = Page(http.get("/notifications"))
    assert page.answer.text.count('class="fresh"') == 3
    csrf = next(one["value"] for one in page.inputs if one.get("name") == "csrf_token")
    mine, theirs = [
        action.split('"')[0].removeprefix("/notifications/")
        for action in page.answer.text.split('action="')
        if action.startswith("/notifications/")
    ][:2]
    opened = http.post(f"/notifications/{mine}", data={"csrf_token": csrf}, follow_redirects=False)
    assert (opened.status_code, opened.headers["location"]) == (303, "/pin")
    assert unread(http) == 2
    signed_in(http, neighbour, Permission.DAY_CLOSE)
    assert unread(http) == 1
    form = Page(http.get("/notifications"))
    foreign = http.post(f"/notifications/{theirs}", data={"csrf_token": form.field_of("csrf_token")})
    assert foreign.status_code == 404
    assert http.post("/notifications", data={"csrf_token": "x"}).status_code == 403


def test_only_a_place_of_ones_own_can_be_chosen(http: TestClient, shop: Shop) -> None:
    signed_in(http, shop, Permission.BOOKING_READ, place=shop.south)
    csrf = Page(http.get("/notifications")).field_of("csrf_token")
    for wanted in (str(shop.north), "none", str(uuid.uuid4())):
        sent = {"csrf_token": csrf, "location_id": wanted, "next": "//elsewhere.example"}
        answer = http.post("/place", data=sent, follow_redirects=False)
        assert answer.headers["location"] == "/"
        assert f"medspa_place={shop.south}" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("held", "first"), [((Permission.REPORT_FINANCE,), "/reports"), ((Permission.CHART_SIGN,), None)]
)
def test_the_first_page_is_one_that_is_open(
    http: TestClient, shop: Shop, held: tuple[Permission, ...], first: str | None
) -> None:
    signed_in(http, shop, *held)
    answer = http.get("/", follow_redirects=False)
    assert answer.headers.get("location") == first
    if first is None:
        assert "Nothing is open to you yet" in answer.text


def test_an_error_nobody_thought_of_is_told_on_a_page(shop: Shop, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, operational=shop.database.dsns)
    app, broken = create_app(settings), page_router()

    @broken.get("/broken")
    def fail() -> None:
        raise RuntimeError("with a name in it")

    app.include_router(broken)
    with client_of(settings, app) as http:
        failed = Page(http.get("/broken"))
        assert (failed.answer.status_code, failed.heading) == (500, "Something went wrong on our side")
        assert "with a name in it" not in failed.answer.text
        nowhere = Page(http.get("/no/such/page", headers={"accept": "text/html"}))
        assert (nowhere.answer.status_code, nowhere.heading) == (404, "Not Found")
        sent = b"x" * (settings.max_body_bytes + 1)
        large = Page(http.post("/clients", content=sent, headers={"accept": "text/html"}))
        assert (large.answer.status_code, large.heading) == (413, "The body is too large")
        assert http.get("/v1/none", headers={"accept": "text/html"}).json()["status"] == 404
