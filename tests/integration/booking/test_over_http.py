"""Booking over HTTP: answers, problems that say what to fix, and nothing of another organization."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from medspa.kernel.vocabulary import Permission
from tests.conftest import MakeSettings
from tests.factories.booking import add_provider, add_shift, next_weekday, violations
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.api import lent
from tests.support.databases import Database
from tests.support.web import serving

PROBLEM = "urn:medspa:problem:"


@pytest.fixture(scope="module")
def setup(operational_module: Database) -> OrganizationSetUp:
    return organization(operational_module)


@pytest.fixture
def start(setup: OrganizationSetUp) -> datetime:
    """A slot on a day without visits: one provider of its own on shift for five hours."""
    with setup.database.session("admin") as session:
        days = session.execute(text("select count(*) from shift")).scalar_one()
    start = next_weekday() + timedelta(days=days)
    add_shift(setup, start - timedelta(hours=1), start + timedelta(hours=4))
    return start


@pytest.fixture
def http(
    operational_module: Database, make_settings: MakeSettings, setup: OrganizationSetUp
) -> Iterator[httpx.Client]:
    with (
        lent(make_settings(operational_module)) as app,
        serving(lambda: app) as server,
        server.client(headers=setup.headers) as client,
    ):
        yield client


def body(setup: OrganizationSetUp, start: datetime, **values: Any) -> dict[str, Any]:
    return {
        "client_id": str(setup.clients[0]),
        "location_id": str(setup.location_id),
        "starts_at": start.isoformat(),
        "items": [{"service_id": str(setup.service_id)}],
        **values,
    }


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


def test_a_visit_from_availability_to_history(
    http: httpx.Client, setup: OrganizationSetUp, start: datetime
) -> None:
    day = start.date().isoformat()
    asked = {
        "location_id": str(setup.location_id), "service_id": str(setup.service_id), "from": day, "to": day,
        "limit": "3",
    }  # fmt: skip
    slots = http.get("/v1/availability", params=asked).json()
    assert len(slots["items"]) == 3
    following = http.get("/v1/availability", params={**asked, "cursor": slots["next_cursor"]}).json()
    assert following["items"][0]["starts_at"] > slots["items"][-1]["starts_at"]

    made = http.post("/v1/appointments", json=body(setup, start))
    assert made.status_code == 201
    assert made.headers["ETag"] == '"1"'
    assert made.headers["Cache-Control"] == "no-store"
    visit = made.json()
    path = f"/v1/appointments/{visit['id']}"
    confirmed = http.post(f"{path}/confirm")
    assert confirmed.json()["status"] == "confirmed"
    later = (start + timedelta(hours=1)).isoformat()
    stale = http.patch(path, json={"starts_at": later}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (412, PROBLEM + "stale-version")
    missing = http.patch(path, json={"starts_at": later})
    assert missing.status_code == 428
    moved = http.patch(path, json={"starts_at": later}, headers={"If-Match": confirmed.headers["ETag"]})
    assert moved.json()["status"] == "booked"
    cancelled = http.post(
        f"{path}/cancel", json={"by": "practice", "reason": "provider_absent"}, headers=key()
    )
    assert cancelled.status_code == 200, cancelled.text
    assert cancelled.json()["cancelled_by"] == "practice"
    assert http.get(path).json() == cancelled.json()
    events = http.get(f"{path}/history").json()["items"]
    assert [one["event"] for one in events] == ["booked", "confirmed", "moved", "cancelled"]
    assert events[-1]["reason"] == "provider_absent"
    listed = http.get(
        "/v1/appointments", params={"location_id": str(setup.location_id), "from": day, "to": day}
    ).json()
    assert [one["id"] for one in listed["items"]] == [visit["id"]]


def test_the_calendar_comes_in_pages_and_by_provider(
    http: httpx.Client, setup: OrganizationSetUp, start: datetime
) -> None:
    other = add_provider(setup)
    add_shift(setup, start, start + timedelta(hours=2), staff_id=other)
    plain = {"service_id": str(setup.consultation_id)}
    for number in range(5):
        item = {**plain, "provider_id": str(other if number == 4 else setup.provider_id)}
        at = start + timedelta(minutes=30 * (number % 4))
        asked = body(setup, at, items=[item], client_id=str(setup.client()))
        assert http.post("/v1/appointments", json=asked).status_code == 201
    day = start.date().isoformat()
    params = {"location_id": str(setup.location_id), "from": day, "to": day, "limit": "2"}
    seen: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = http.get(
            "/v1/appointments", params={**params, **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += page["items"]
        cursor = page["next_cursor"]
    starts = [one["starts_at"] for one in seen]
    assert (len({one["id"] for one in seen}), starts) == (5, sorted(starts))
    own = http.get("/v1/appointments", params={**params, "provider_id": str(other)}).json()["items"]
    assert [one["items"][0]["provider_id"] for one in own] == [str(other)]


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "unknown service": ({"items": [{"service_id": str(uuid.uuid4())}]}, 404, "not-found"),
    "no items": ({"items": []}, 422, "validation"),
    "no time": ({"starts_at": None}, 422, "validation"),
    "not a time": ({"starts_at": "tomorrow"}, 422, "validation"),
    "unknown field": ({"room": "1"}, 422, "validation"),
    "a time in the gap": ({"starts_at": "2027-03-14T02:30:00"}, 422, "local-time-missing"),
    "a time that comes twice": ({"starts_at": "2027-11-07T01:30:00"}, 422, "local-time-ambiguous"),
    "yesterday": ({"starts_at": "2024-01-05T12:00:00Z"}, 422, "in-the-past"),
    "in ten years": ({"starts_at": "2038-01-05T12:00:00Z"}, 422, "invalid"),
    "at night": ({"starts_at": "NIGHT"}, 422, "location-closed"),
    "an unknown rule": ({"overrides": ["everything"]}, 422, "validation"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_a_problem_that_says_what_to_fix(
    http: httpx.Client, setup: OrganizationSetUp, start: datetime, name: str
) -> None:
    values, status, code = BAD[name]
    night = start.replace(hour=6).isoformat()
    values = {key: night if value == "NIGHT" else value for key, value in values.items()}
    before = _count(setup)
    got = http.post("/v1/appointments", json=body(setup, start, **values))
    assert (got.status_code, got.headers["Content-Type"]) == (status, "application/problem+json")
    assert got.json()["type"] == PROBLEM + code
    assert got.json()["detail"]
    assert _count(setup) == before


def test_a_taken_slot_answers_409_and_names_no_client(
    http: httpx.Client, setup: OrganizationSetUp, start: datetime
) -> None:
    assert http.post("/v1/appointments", json=body(setup, start)).status_code == 201
    got = http.post("/v1/appointments", json=body(setup, start, client_id=str(setup.client())))
    assert (got.status_code, got.json()["type"]) == (409, PROBLEM + "slot-taken")
    assert {one["subject"] for one in got.json()["taken"]} == {"provider", "room"}
    assert str(setup.clients[0]) not in got.text
    assert violations(setup.database) == (0, 0)


def test_shifts_are_added_listed_and_ended(
    http: httpx.Client, setup: OrganizationSetUp, start: datetime
) -> None:
    provider = add_provider(setup)
    asked = {
        "staff_id": str(provider),
        "location_id": str(setup.location_id),
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(hours=4)).isoformat(),
    }
    made = http.post("/v1/shifts", json=asked)
    assert made.status_code == 201
    again = http.post("/v1/shifts", json=asked)
    assert (again.status_code, again.json()["type"]) == (409, PROBLEM + "shift-overlaps")
    backwards = http.post("/v1/shifts", json={**asked, "ends_at": asked["starts_at"]})
    assert backwards.status_code == 422
    day = start.date().isoformat()
    params = {"location_id": str(setup.location_id), "from": day, "to": day, "staff_id": str(provider)}
    assert [one["id"] for one in http.get("/v1/shifts", params=params).json()["items"]] == [made.json()["id"]]

    item = {"service_id": str(setup.consultation_id), "provider_id": str(provider)}
    visit = http.post("/v1/appointments", json=body(setup, start, items=[item])).json()
    path = f"/v1/shifts/{made.json()['id']}"
    in_use = http.delete(path, headers={"If-Match": '"1"'})
    assert (in_use.status_code, in_use.json()["type"]) == (409, PROBLEM + "shift-in-use")
    http.post(f"/v1/appointments/{visit['id']}/cancel", json={"by": "practice"}, headers=key())
    assert http.delete(path).status_code == 428
    assert http.delete(path, headers={"If-Match": '"1"'}).json()["active"] is False
    assert http.get("/v1/shifts", params=params).json()["items"] == []


def test_another_organizations_ids_are_not_found(
    http: httpx.Client, setup: OrganizationSetUp, start: datetime
) -> None:
    visit = http.post("/v1/appointments", json=body(setup, start)).json()
    stranger = organization(setup.database).headers
    path = f"/v1/appointments/{visit['id']}"
    answers = [
        http.get(path, headers=stranger),
        http.get(f"{path}/history", headers=stranger),
        http.post(f"{path}/arrive", headers=stranger),
        http.post(f"{path}/cancel", json={"by": "client"}, headers={**stranger, **key()}),
        http.patch(path, json={}, headers={**stranger, "If-Match": '"1"'}),
        http.post("/v1/appointments", json=body(setup, start + timedelta(hours=1)), headers=stranger),
    ]
    assert {one.status_code for one in answers} == {404}
    assert http.get(path).json()["version"] == 1


def test_an_actor_of_one_location_sees_nothing_of_another(
    http: httpx.Client, setup: OrganizationSetUp, start: datetime
) -> None:
    visit = http.post("/v1/appointments", json=body(setup, start)).json()
    elsewhere = setup.key([Permission.BOOKING_READ, Permission.BOOKING_WRITE], location_id=setup.locations[1])
    assert http.get(f"/v1/appointments/{visit['id']}", headers=elsewhere).status_code == 404
    asked = body(setup, start + timedelta(hours=1))
    assert http.post("/v1/appointments", json=asked, headers=elsewhere).status_code == 403


def _count(setup: OrganizationSetUp) -> int:
    with setup.database.session("admin") as session:
        found: int = session.execute(text("select count(*) from appointment")).scalar_one()
    return found
