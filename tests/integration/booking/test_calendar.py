"""The calendar's feed: what it shows and to whom, unchanged answers, and streams of changes."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from operational.calendar import changes
from operational.calendar.changes import CHANGED, READY, Changes, TooManyWatching
from tests.factories.booking import add_service, add_shift, book_visit, unit
from tests.factories.checkout import Shop
from tests.factories.organization import TIMEZONE

ZONE = ZoneInfo(TIMEZONE)
DAY = clock.now().astimezone(ZONE).date() + dt.timedelta(days=3)


def at(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(DAY, dt.time(hour, minute), ZONE)


def test_a_day_shows_visits_with_processing_buffers_shifts_and_holds(http: TestClient, shop: Shop) -> None:
    made = shop.made
    add_shift(made, at(9), at(18))
    service = add_service(made, "Peel", hands=30, processing=20, after=10)
    with unit(made.database, made) as session:
        booked = book_visit(session, made, at(10), service_id=service)
    body = {
        "location_id": str(shop.north),
        "starts_at": at(14).isoformat(),
        "items": [{"service_id": str(service)}],
    }
    assert http.post("/v1/holds", json=body, headers=made.headers).status_code == 201
    path = f"/v1/calendar?location_id={shop.north}&day={DAY}"
    answer = http.get(path, headers=made.headers)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    (item,) = shown["items"]
    times = [item[name][11:] for name in ("starts_at", "hands_until", "ends_at")]
    assert times == ["10:00", "10:30", "10:50"]
    assert (item["appointment_id"], item["client"]) == (str(booked.id), "Ada Example")
    assert [one["starts_at"][11:] for one in shown["shifts"]] == ["09:00"]
    assert [one["subject_id"] for one in shown["buffers"]] == [str(made.provider_id)]
    assert "14:00" in [one["starts_at"][11:] for one in shown["holds"]]
    assert shown["services"] == {str(service): "Peel"}
    same = http.get(path, headers={**made.headers, "If-None-Match": answer.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


def test_names_are_for_who_may_read_clients_and_days_for_who_works_there(
    http: TestClient, shop: Shop
) -> None:
    made = shop.made
    add_shift(made, at(9), at(18))
    with unit(made.database, made) as session:
        book_visit(session, made, at(10))
    path = f"/v1/calendar?location_id={shop.north}&day={DAY}"
    plain = http.get(path, headers=made.key([Permission.BOOKING_READ])).json()
    assert [one["client"] for one in plain["items"]] == [None]
    south = http.get(path, headers=made.key([Permission.BOOKING_READ], location_id=shop.south))
    assert south.status_code == 403
    assert http.get(f"{path}&days=8", headers=made.headers).status_code == 422


def _read(watching: Changes, org_id: uuid.UUID, act: object, expected: int) -> list[bytes]:
    async def run() -> list[bytes]:
        found: list[bytes] = []
        stream = watching.stream(org_id, org_id)
        async for sent in stream:
            found.append(sent)
            if sent == READY:
                await asyncio.to_thread(act)  # type: ignore[arg-type]
            if len(found) == expected:
                break
        await stream.aclose()  # type: ignore[attr-defined]
        await watching.close()
        return found

    return asyncio.run(asyncio.wait_for(run(), 20))


def test_a_change_wakes_its_organization_and_no_other(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    made = shop.made
    add_shift(made, at(9), at(18))
    monkeypatch.setattr(changes, "HEARTBEAT", 1.0)
    dsn = made.database.dsn("app")

    def book() -> None:
        with unit(made.database, made) as session:
            book_visit(session, made, at(10))

    assert _read(Changes(dsn), made.org_id, book, 3)[-2:] in (
        [READY, CHANGED],
        [CHANGED, CHANGED],
        [CHANGED, b": \n\n"],
    )
    assert CHANGED not in _read(Changes(dsn), uuid.uuid4(), book_other(shop), 3)[2:]


def book_other(shop: Shop) -> object:
    def book() -> None:
        with unit(shop.made.database, shop.made) as session:
            book_visit(session, shop.made, at(15))

    return book


def test_a_lost_connection_is_made_again_and_everybody_looks(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "AGAIN", 0.1)
    database = shop.made.database

    def cut() -> None:
        with database.session("admin") as session:
            session.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where application_name = 'medspa-calendar' and datname = current_database()"
                )
            )

    assert _read(Changes(database.dsn("app")), shop.made.org_id, cut, 3).count(CHANGED) >= 1


def test_streams_are_bounded_for_a_person_and_an_organization(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST_OF_ORGANIZATION", 8)
    monkeypatch.setattr(changes, "MOST", 9)
    here, there, one, other = (uuid.uuid4() for _ in range(4))
    watching = Changes("")
    # None of them has begun: what was let in is counted already.
    streams = [watching.stream(here, one) for _ in range(changes.MOST_OF_SESSION)]
    with pytest.raises(TooManyWatching):
        watching.stream(here, one)
    streams += [watching.stream(here, other) for _ in range(2)]
    with pytest.raises(TooManyWatching):
        watching.stream(here, other)
    streams.append(watching.stream(there, one))
    with pytest.raises(TooManyWatching):
        watching.stream(there, other)
    streams.pop()
    streams.pop()
    assert watching.watching == 7
    watching.stream(here, other)
