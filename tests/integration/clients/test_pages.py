"""Pages of clients and of the calendar: others' records, missing permissions, forms without a token."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.vocabulary import AppointmentStatus, Permission
from tests.factories.checkout import Shop, open_shop
from tests.support.signed_in import session_token


@contextmanager
def signed_in(http: TestClient, shop: Shop, staff_id: uuid.UUID | None = None) -> Iterator[str]:
    """As somebody's browser; what its forms carry."""
    made = shop.made
    http.cookies.set("medspa_session", session_token(made.database, made.org_id, staff_id or made.owner_id))
    try:
        found = re.search(r'name="csrf-token" content="([^"]+)"', http.get("/clients").text)
        yield found[1] if found else ""
    finally:
        http.cookies.clear()


def test_pages_show_nothing_of_another_organization(http: TestClient, shop: Shop) -> None:
    other = open_shop(shop.database)
    client, visit = other.client_id, other.visit()
    mine = shop.client_id
    with signed_in(http, shop) as token:
        for path in (
            f"/clients/{client}",
            f"/clients/{mine}/merge?other={client}",
            f"/calendar/visits/{visit}",
        ):
            assert http.get(path).status_code == 404, path
        assert http.get(f"/calendar?location={other.north}").status_code == 404
        form = {"csrf_token": token, "other": str(client), "version": '"1-1"'}
        assert http.post(f"/clients/{mine}/merge", data=form).status_code == 404
        for what in ("confirm", "arrive", "complete", "no-show", "cancel", "restore", "undo"):
            sent = {"csrf_token": token, "by": "practice", "version": '"1"'}
            assert http.post(f"/calendar/visits/{visit}/{what}", data=sent).status_code == 404, what


@pytest.mark.parametrize(
    "path", ["/clients/{client}/notes", "/clients/{client}/merge", "/calendar/visits/{visit}/cancel"]
)
def test_a_form_without_its_token_changes_nothing(http: TestClient, shop: Shop, path: str) -> None:
    address = path.format(client=shop.client_id, visit=shop.visit())
    with signed_in(http, shop):
        answer = http.post(
            address, data={"body": "x", "by": "client", "other": str(uuid.uuid4()), "version": "1"}
        )
    assert answer.status_code == 403


def test_pages_show_what_the_role_may_see(http: TestClient, shop: Shop) -> None:
    shop.pay(None, client_id=shop.client_id, amount_minor=4_321)
    visit = shop.visit()
    reader = shop.made.staff([Permission.CLIENT_READ])
    with signed_in(http, shop, reader) as token:
        page = http.get(f"/clients/{shop.client_id}").text
        assert "Ada" in page
        assert "43.21" not in page
        assert "Add the note" not in page
        assert http.get("/calendar").status_code == 403
        assert http.get("/calendar/changes").status_code == 403
        form = {"csrf_token": token, "body": "x"}
        assert http.post(f"/clients/{shop.client_id}/notes", data=form).status_code == 403
    booker = shop.made.staff([Permission.BOOKING_READ])
    with signed_in(http, shop, booker):
        page = http.get(f"/calendar/visits/{visit}").text
        assert "Ada" not in page
        assert "Cancel the visit" not in page
    with signed_in(http, shop):
        assert "43.21" in http.get(f"/clients/{shop.client_id}").text


def test_what_ending_a_visit_costs_is_said_before(http: TestClient, shop: Shop) -> None:
    visit = shop.visit(status=AppointmentStatus.BOOKED)
    with shop.database.session("owner") as session:
        starts = session.execute(text("select starts_at from appointment where id = :id"), {"id": visit})
        start = starts.scalar_one()
        fees = "update location set late_cancel_fee_minor = 5000, no_show_fee_minor = 7500"
        session.execute(text(fees))
    address = f"/calendar/visits/{visit}"
    desk = shop.made.staff([Permission.BOOKING_READ, Permission.BOOKING_WRITE])

    def shown(at: datetime) -> tuple[bool, ...]:
        with clock.frozen(at), signed_in(http, shop, desk):
            page = http.get(address).text
        said = ("/arrive", "/no-show", "$50.00", "$75.00", "waive_fee", "/restore")
        return tuple(one in page for one in said)

    assert shown(start - timedelta(days=5)) == (False, False, False, False, False, False)
    assert shown(start - timedelta(minutes=30)) == (True, False, True, False, False, False)
    late = start + timedelta(minutes=10)
    assert shown(late) == (True, True, True, True, False, False)
    with clock.frozen(late), signed_in(http, shop) as token:
        assert "Waive the fee" in http.get(address).text
        http.post(f"{address}/no-show", data={"csrf_token": token})
    assert shown(late) == (False, False, False, False, False, False)  # no undo while the fee stands
    with clock.frozen(late), signed_in(http, shop) as token:
        other = shop.visit(status=AppointmentStatus.BOOKED)
        http.post(
            f"/calendar/visits/{other}/cancel",
            data={"csrf_token": token, "by": "client", "waive_fee": "true"},
        )
        assert "/restore" in http.get(f"/calendar/visits/{other}").text


def test_what_is_wrong_is_said_where_it_was_typed(http: TestClient, shop: Shop) -> None:
    mine = f"/clients/{shop.client_id}"
    details = {"first_name": "Ada", "last_name": "Corrected", "phone": "12", "etag": '"1"'}
    visit = shop.visit()
    with signed_in(http, shop) as token:

        def sent(path: str, **typed: str) -> tuple[int, str]:
            answer = http.post(path, data={"csrf_token": token, **typed})
            return answer.status_code, answer.text

        for path, typed, told in (
            ("/clients", {"first_name": "Typed", "last_name": "Kept", "phone": "12"}, "Write ten digits"),
            (f"{mine}/notes", {"body": "  "}, "Write something"),
            (f"{mine}/notes", {"body": "Kept" * 501}, "at most 2000"),
            (f"{mine}/household", {"sought": "Kept"}, "Nobody is found"),
            (f"{mine}/household", {"sought": " "}, "Write something"),
            (f"{mine}/details", {**details, "city": "Kept"}, "Write ten digits"),
        ):
            status, page = sent(path, **typed)
            assert (status, told in page) == (422, True), (path, typed, status)
            assert all(value.strip() in page for value in typed.values()), path
        assert http.get("/calendar?day=").status_code == 200
        page = http.get(mine).text
        assert f"/calendar/visits/{visit}" in page
        etag = re.search(r'name="etag" value="([^"]+)"', page)
        assert etag
        details |= {"phone": "(212) 555-0143", "state": "ny", "etag": etag[1].replace("&#34;", '"')}
        status, page = sent(f"{mine}/details", **details)
        assert (status, "Corrected" in page, "+12125550143" in page, "NY" in page) == (200, True, True, True)
        assert sent(f"{mine}/details", **{**details, "last_name": "Overwritten"})[0] == 412
    with shop.database.session("owner") as session:
        asked = text("select last_name from client where id = :id")
        assert session.execute(asked, {"id": shop.client_id}).scalar_one() == "Corrected"
