"""Pages of clients and of the calendar: others' records, missing permissions, forms without a token."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.vocabulary import AppointmentStatus, Permission
from medspa.ui.values import clock_time
from operational.booking.book import book
from operational.booking.schemas import NewItem, NewVisit
from tests.factories.booking import actor_of, add_provider, add_service, add_shift, next_weekday, unit
from tests.factories.checkout import Shop, open_shop
from tests.factories.organization import TIMEZONE
from tests.support.signed_in import signed_in


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
    with clock.frozen(late), signed_in(http, shop, desk):
        assert "once its invoice is voided or credited in full" in http.get(address).text
    with clock.frozen(late), signed_in(http, shop) as token:
        other = shop.visit(status=AppointmentStatus.BOOKED)
        http.post(
            f"/calendar/visits/{other}/cancel",
            data={"csrf_token": token, "by": "client", "waive_fee": "true"},
        )
        # One way back at a time: the last change is undone, afterwards the visit is brought back.
        fresh = http.get(f"/calendar/visits/{other}").text
        assert ("/undo" in fresh, "/restore" in fresh) == (True, False)
    with clock.frozen(late + timedelta(minutes=2)), signed_in(http, shop):
        later = http.get(f"/calendar/visits/{other}").text
        assert ("/undo" in later, "/restore" in later) == (False, True)


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


MINUTE, WEEK, OPEN = timedelta(minutes=1), timedelta(days=7), timedelta(hours=4)


@pytest.fixture
def start(shop: Shop) -> datetime:
    """When somebody begins to work for four hours, on the wall clock of the first location."""
    found = next_weekday().astimezone(ZoneInfo(TIMEZONE))
    add_shift(shop.made, found, found + OPEN)
    return found


def booked(shop: Shop, at: datetime, *items: NewItem, client_id: uuid.UUID | None = None) -> uuid.UUID:
    asked = NewVisit(
        client_id=client_id or shop.client_id, location_id=shop.north, starts_at=at, items=list(items)
    )
    with unit(shop.database, shop.made) as session:
        return book(session, actor_of(shop.made), asked).id


def of_this(shop: Shop, column: str, rows: str) -> list[Any]:
    with shop.database.session("owner") as session:
        found = text(f"select {column} from {rows} where org_id = :org order by 1")
        return list(session.scalars(found, {"org": shop.made.org_id}))


def test_a_form_acts_at_the_location_that_it_was_shown_for(http: TestClient, shop: Shop) -> None:
    held = [
        Permission.BOOKING_READ,
        Permission.BOOKING_WRITE,
        Permission.CLIENT_READ,
        Permission.CLIENT_WRITE,
    ]
    desk = shop.made.staff(held, location_id=shop.north)
    form = {"service_id": str(shop.made.consultation_id), "client": str(shop.client_id)}
    with signed_in(http, shop) as token:
        http.cookies.set("medspa_place", str(shop.south))
        assert f'name="location_id" value="{shop.south}"' in http.get("/walk-ins").text
        sent = {**form, "csrf_token": token, "location_id": str(shop.north)}
        assert http.post("/walk-ins", data=sent, follow_redirects=False).status_code == 303
        part = {"X-Fragment": "1"}
        assert "Ada" in http.get(f"/walk-ins?location={shop.north}", headers=part).text
        assert "Ada" not in http.get(f"/walk-ins?location={shop.south}", headers=part).text
    with signed_in(http, shop, desk) as token:
        for path, more in (("/walk-ins", form), ("/visits/together", {"booker_id": str(shop.client_id)})):
            answer = http.post(path, data={**more, "csrf_token": token, "location_id": str(shop.south)})
            assert (answer.status_code, "This location is not open to you" in answer.text) == (403, True), (
                path
            )
    assert of_this(shop, "location_id", "walk_in") == [shop.north]


def test_new_people_of_a_party_may_have_one_mobile_and_be_more(
    http: TestClient, shop: Shop, start: datetime
) -> None:
    for _ in range(2):
        add_shift(shop.made, start, start + OPEN, staff_id=add_provider(shop.made))
    form: dict[str, Any] = {
        "booker_id": str(shop.client_id), "location_id": str(shop.north), "at": f"{start:%Y-%m-%dT%H:%M}",
        "service_id": [str(shop.made.consultation_id)] * 3, "provider_id": [""] * 3, "known": [""] * 2,
        "first_name": ["Lou", "Max"], "last_name": ["Companion"] * 2, "phone": ["2125550123"] * 2,
    }  # fmt: skip
    with signed_in(http, shop) as token:
        form["csrf_token"] = token
        more = http.post("/visits/together", data={**form, "others": "3"}).text
        assert (more.count('name="first_name"'), 'value="Max"' in more) == (3, True)
        assert http.post("/visits/together", data={**form, "others": "12"}).status_code == 422
        answer = http.post("/visits/together", data={**form, "others": "2"}, follow_redirects=False)
        assert answer.status_code == 303, answer.text
    assert of_this(shop, "phone", "client")[:2] == ["+12125550123"] * 2


def test_free_times_are_those_of_the_visit_and_a_refused_move_keeps_what_was_chosen(
    http: TestClient, shop: Shop, start: datetime
) -> None:
    made, other = shop.made, shop.made.client()
    quick = NewItem(service_id=add_service(made, "Quick", hands=30))
    long = booked(shop, start, quick.model_copy(update={"minutes": 60}))
    booked(shop, start + 120 * MINUTE, quick, client_id=other)
    then = start + 2 * WEEK
    add_shift(made, then, then + OPEN)
    later = quick.model_copy(update={"starts_at": then + 60 * MINUTE})
    apart = booked(shop, then, quick, later, client_id=other)
    with signed_in(http, shop) as token:

        def offered(visit: uuid.UUID) -> list[str]:
            page = http.get(f"/calendar/visits/{visit}/change").text
            return [one for one in re.findall(r'name="slot" value="([^"]+)"', page) if one != "other"]

        def moved(visit: uuid.UUID, slot: str, **more: str) -> tuple[int, str]:
            sent = {"csrf_token": token, "version": '"1"', "slot": slot, **more}
            answer = http.post(f"/calendar/visits/{visit}/move", data=sent, follow_redirects=False)
            return answer.status_code, answer.text

        slots = offered(long)
        begins = [datetime.fromisoformat(one.partition("~")[2]) for one in slots]
        assert [(one - start) // MINUTE for one in begins] == [15, 30, 45, 60, 150, 165, 180]
        status, page = moved(long, slots[3], version='"7"', by="client", day=f"{start:%Y-%m-%d}")
        assert status == 412
        assert f'value="{slots[3]}" checked' in page
        assert '<option value="client" selected>' in page
        assert 'value="other" checked' not in page
        for one in slots:
            assert moved(long, one, version=f'"{slots.index(one) + 1}"')[0] == 303, one
        assert moved(apart, offered(apart)[0])[0] == 303
    with shop.database.session("owner") as session:
        asked = text("select starts_at from appointment_item where appointment_id = :id order by 1")
        stands = session.scalars(asked, {"id": apart}).all()
    assert [(one - then) // MINUTE for one in stands] == [15, 45]


def test_a_series_with_a_conflict_keeps_the_dates_that_were_chosen(
    http: TestClient, shop: Shop, start: datetime
) -> None:
    item = NewItem(service_id=shop.made.consultation_id)
    visit = booked(shop, start, item)
    for weeks in (1, 2):
        add_shift(shop.made, start + weeks * WEEK, start + weeks * WEEK + OPEN)
    booked(shop, start + WEEK, item, client_id=shop.made.client())
    chosen = [(start + WEEK).isoformat(), (start + 2 * WEEK + 30 * MINUTE).isoformat()]
    with signed_in(http, shop) as token:
        sent = {"csrf_token": token, "sessions": "2", "every_days": "7", "starts": chosen}
        answer = http.post(f"/calendar/visits/{visit}/rebook", data=sent)
    assert answer.status_code == 409
    assert f"Not free any more: {start + WEEK:%-d %b %Y}, {clock_time(start)}." in answer.text
    assert answer.text.count("Taken meanwhile") == 1
    assert f'value="{chosen[1]}" selected' in answer.text


def test_a_service_that_cannot_be_added_stays_chosen(http: TestClient, shop: Shop, start: datetime) -> None:
    visit = booked(shop, start, NewItem(service_id=shop.made.consultation_id))
    other, who = add_service(shop.made, "One more"), add_provider(shop.made)
    with signed_in(http, shop) as token:
        sent = {"csrf_token": token, "version": '"7"', "service_id": str(other), "provider_id": str(who)}
        answer = http.post(f"/calendar/visits/{visit}/items/add", data=sent)
    assert answer.status_code == 412
    for one in (other, who):
        assert f'value="{one}" selected' in answer.text
