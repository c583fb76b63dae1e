"""Webhooks and feeds over HTTP: told once committed, signed, again for a day, switched off, replayed."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import DeliveryStatus, Permission
from operational.booking.cancel import cancel
from operational.messaging.worker import tell_systems
from operational.models import WebhookDelivery, WebhookEndpoint
from operational.models.notification import Notification
from operational.webhooks.deliver import DISABLED_AFTER, deliver_due
from tests.factories.booking import actor_of, next_weekday, unit
from tests.integration.messaging.conftest import Practice, practice_of
from tests.support.api import client_of
from tests.support.databases import Database
from tests.support.web import LiveServer, serving


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def http(operational_module: Database, home: Path) -> Iterator[TestClient]:
    with client_of(Settings(home=home, operational=operational_module.dsns, webhooks_inside=True)) as client:
        yield client


@pytest.fixture
def practice(operational_module: Database, home: Path) -> Practice:
    made = practice_of(operational_module, home)
    made.settings.webhooks_inside = True
    return made


@pytest.fixture(scope="module")
def receiver() -> Iterator[LiveServer]:
    """Another system. The path chooses what it answers."""
    app = FastAPI()
    app.state.got = []

    @app.post("/{status}")
    async def take(status: int, request: Request) -> Response:
        app.state.got.append((status, await request.body(), dict(request.headers)))
        where = {"Location": "/200"} if status == 302 else {}
        return Response(status_code=status, headers=where)

    with serving(lambda: app) as served:
        yield served


def told(receiver: LiveServer, practice: Practice) -> list[dict[str, Any]]:
    """What arrived about the practice's location."""
    found = [json.loads(body) for _, body, _ in receiver.app.state.got]
    return [one for one in found if one["data"]["location_id"] == str(practice.setup.location_id)]


def endpoint(practice: Practice, http: TestClient, receiver: LiveServer, path: str, **values: Any) -> Any:
    body = {"url": f"{receiver.url}/{path}", "events": ["booked", "cancelled"], **values}
    answer = http.post("/v1/webhook-endpoints", json=body, headers=practice.setup.headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


def deliver(practice: Practice, at: datetime | None = None) -> int:
    with clock.frozen(at or clock.now() + timedelta(seconds=1)):
        return deliver_due(practice.post, practice.org_id)


def deliveries(practice: Practice) -> list[WebhookDelivery]:
    with practice.setup.database.session("owner") as session:
        asked = select(WebhookDelivery).where(WebhookDelivery.org_id == practice.org_id)
        return list(session.scalars(asked.order_by(WebhookDelivery.happened_at)))


def test_events_are_told_once_signed_with_ids_only(
    practice: Practice, http: TestClient, receiver: LiveServer
) -> None:
    made = endpoint(practice, http, receiver, "200")
    visit = practice.book()
    with unit(practice.setup.database, practice.setup) as session:
        cancel(session, actor_of(practice.setup), visit.id, by="practice")
    assert deliver(practice) == 2
    assert deliver(practice) == 0
    events = told(receiver, practice)
    assert [one["type"] for one in events] == ["appointment.booked", "appointment.cancelled"]
    assert {one["data"]["appointment_id"] for one in events} == {str(visit.id)}
    assert all(set(one) == {"id", "type", "happened_at", "data"} for one in events)
    _, body, headers = receiver.app.state.got[-1]
    stamp, mac = (part.partition("=")[2] for part in headers["medspa-signature"].split(","))
    expected = hmac.new(made["secret"].encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert mac == expected
    listed = http.get("/v1/webhook-endpoints", headers=practice.setup.headers).json()["items"]
    assert "secret" not in listed[0]


def test_what_is_not_asked_for_or_of_another_place_is_not_told(
    practice: Practice, http: TestClient, receiver: LiveServer
) -> None:
    endpoint(practice, http, receiver, "200", events=["moved"])
    endpoint(practice, http, receiver, "200", location_id=str(practice.setup.locations[1]))
    practice.book()
    assert deliver(practice) == 0


@pytest.mark.parametrize(("path", "code"), [("500", "status_500"), ("302", "status_302")])
def test_a_failure_is_tried_again_for_a_day_then_replayed(
    practice: Practice, http: TestClient, receiver: LiveServer, path: str, code: str
) -> None:
    endpoint(practice, http, receiver, path)
    practice.book()
    at, tries = clock.now() + timedelta(seconds=1), 0
    end = at + timedelta(hours=26)
    while at < end:
        tries += deliver(practice, at)
        at += timedelta(minutes=10)
    (row,) = deliveries(practice)
    assert (row.status, row.code) == (DeliveryStatus.DEAD, code)
    assert 8 <= tries == row.attempts <= 16
    dead = http.get("/v1/webhook-deliveries", params={"status": "dead"}, headers=practice.setup.headers)
    assert [one["id"] for one in dead.json()["items"]] == [str(row.id)]
    again = http.post(f"/v1/webhook-deliveries/{row.id}/replay", headers=practice.setup.headers)
    assert again.json()["status"] == "pending"
    assert deliver(practice) == 1
    assert {one["id"] for one in told(receiver, practice)} == {str(row.id)}


def test_an_endpoint_that_takes_nothing_for_days_is_switched_off(
    practice: Practice, http: TestClient, receiver: LiveServer
) -> None:
    made = endpoint(practice, http, receiver, "500")
    start = next_weekday(hour=15)
    practice.book(start)
    deliver(practice)
    with clock.frozen(clock.now() + DISABLED_AFTER + timedelta(minutes=1)):
        now = clock.now()
        practice.book(start + timedelta(days=7))
        deliver(practice, now + timedelta(seconds=1))
    (shown,) = http.get("/v1/webhook-endpoints", headers=practice.setup.headers).json()["items"]
    assert (shown["active"], shown["disabled"]) == (False, "failing")
    with practice.setup.database.session("owner") as session:
        notices = session.scalars(select(Notification).where(Notification.org_id == practice.org_id)).all()
    assert [(one.kind, one.subject_id) for one in notices] == [("webhook_disabled", uuid.UUID(made["id"]))]
    practice.book(start + timedelta(hours=2))
    assert len(deliveries(practice)) == 2
    on = http.patch(
        f"/v1/webhook-endpoints/{made['id']}", json={"active": True},
        headers={**practice.setup.headers, "If-Match": f'"{shown["version"]}"'},
    )  # fmt: skip
    assert (on.status_code, on.json()["disabled"]) == (200, None)


def test_an_endpoint_that_is_switched_off_is_not_called(
    practice: Practice, http: TestClient, receiver: LiveServer
) -> None:
    made = endpoint(practice, http, receiver, "200")
    practice.book()
    off = http.patch(
        f"/v1/webhook-endpoints/{made['id']}", json={"active": False},
        headers={**practice.setup.headers, "If-Match": f'"{made["version"]}"'},
    )  # fmt: skip
    assert off.status_code == 200
    assert deliver(practice) == 0
    (row,) = deliveries(practice)
    assert (row.status, row.code, row.attempts) == (DeliveryStatus.DEAD, "switched_off", 0)
    assert told(receiver, practice) == []


def test_connections_are_listed_where_keys_are_managed(
    practice: Practice, http: TestClient, receiver: LiveServer
) -> None:
    """Elsewhere, and of the whole organization, they are others' to see."""
    here, there = practice.setup.locations[:2]
    made = [
        endpoint(practice, http, receiver, "200", location_id=str(place) if place else None)["id"]
        for place in (here, there, None)
    ]
    practice.book()
    body = {"staff_id": str(practice.setup.provider_id)}
    assert http.post("/v1/calendar-feeds", json=body, headers=practice.setup.headers).status_code == 201
    managing = [Permission.API_KEY_MANAGE, Permission.STAFF_MANAGE]
    for manages, works, events in ((here, there, 1), (there, here, 0)):
        staff = practice.setup.staff(managing, location_id=manages)
        practice.setup.grant(staff, [Permission.BOOKING_WRITE], location_id=works)
        headers = practice.setup.key([*managing, Permission.BOOKING_WRITE], staff_id=staff)

        def listed(name: str, headers: dict[str, str] = headers) -> list[Any]:
            answer = http.get(f"/v1/{name}", headers=headers)
            assert answer.status_code == 200
            return list(answer.json()["items"])

        assert [one["id"] for one in listed("webhook-endpoints")] == [made[manages == there]]
        assert len(listed("webhook-deliveries")) == events
        assert listed("calendar-feeds") == []


def test_systems_are_told_in_a_thread_of_their_own(
    practice: Practice, http: TestClient, receiver: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one call finds an endpoint whose secret cannot be opened, the next organization is told."""
    other = practice_of(practice.setup.database, practice.settings.home)
    for one in (practice, other):
        endpoint(one, http, receiver, "200")
        one.book()
    with practice.setup.database.session("owner") as session:
        spoilt = update(WebhookEndpoint).where(WebhookEndpoint.org_id == min(practice.org_id, other.org_id))
        session.execute(spoilt.values(secret=b"spoilt"))
    monkeypatch.setattr("operational.messaging.worker.EVERY_SECONDS", 0.05)
    stop = threading.Event()
    telling = threading.Thread(target=tell_systems, args=(practice.post, stop))
    with clock.frozen(clock.now() + timedelta(seconds=1)):
        telling.start()
        for _ in range(100):
            if told(receiver, practice) or told(receiver, other):
                break
            stop.wait(0.05)
        stop.set()
        telling.join()
    assert [len(told(receiver, one)) for one in sorted((practice, other), key=lambda one: one.org_id)] == [
        0,
        1,
    ]


def test_private_addresses_are_refused_where_nobody_allows_them(
    practice: Practice, operational_module: Database, home: Path
) -> None:
    with client_of(Settings(home=home, operational=operational_module.dsns)) as outside:
        body = {"url": "https://192.168.0.1/hook", "events": ["booked"]}
        answer = outside.post("/v1/webhook-endpoints", json=body, headers=practice.setup.headers)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (422, "webhook-address")


def test_a_feed_shows_busy_times_and_nothing_else(practice: Practice, http: TestClient) -> None:
    visit = practice.book()
    headers = practice.setup.headers
    body = {"staff_id": str(practice.setup.provider_id)}
    added = http.post("/v1/calendar-feeds", json=body, headers=headers).json()
    path = "/v1" + added["url"].partition("/v1")[2]
    shown = http.get(path)
    assert shown.status_code == 200
    assert shown.headers["content-type"].startswith("text/calendar")
    assert f"DTSTART:{visit.starts_at.astimezone(UTC):%Y%m%dT%H%M%SZ}\r\n" in shown.text
    assert "SUMMARY:Busy" in shown.text
    for secret in ("Ada", "Botulinum", "LOCATION", str(visit.client_id)):
        assert secret not in shown.text
    more = http.post("/v1/calendar-feeds", json={**body, "shows_place": True}, headers=headers).json()
    detailed = http.get("/v1" + more["url"].partition("/v1")[2]).text
    assert "LOCATION:Location 1" in detailed
    assert "Ada" not in detailed
    weak = practice.setup.key([Permission.STAFF_MANAGE])
    assert (
        http.post("/v1/calendar-feeds", json={**body, "shows_place": True}, headers=weak).status_code == 403
    )
    assert http.post(f"/v1/calendar-feeds/{added['id']}/revoke", headers=headers).status_code == 200
    assert http.get(path).status_code == 404
