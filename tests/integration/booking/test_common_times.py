"""Times for several people at once: providers, rooms and other visits of theirs are counted together."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from medspa.kernel.vocabulary import ResourceKind
from operational.booking import groups
from operational.booking.common_times import APART, ENOUGH, Guest, common_times
from operational.booking.group_schemas import NewParty, PartyVisit
from operational.booking.schemas import NewItem
from tests.factories.booking import (
    actor_of,
    add_provider,
    add_resource,
    add_service,
    add_shift,
    next_weekday,
    violations,
)
from tests.factories.organization import OrganizationSetUp, organization
from tests.integration.booking.desk import MINUTE, OPEN, booked, does
from tests.support.databases import Database


@pytest.fixture
def setup(operational_module: Database) -> OrganizationSetUp:
    return organization(operational_module, locations=1)


@pytest.fixture
def start(setup: OrganizationSetUp) -> datetime:
    start = next_weekday()
    add_shift(setup, start, start + OPEN)
    return start


def found(setup: OrganizationSetUp, start: datetime, *guests: Guest) -> list[int]:
    """Minutes after the start of the shift."""
    times = does(setup, lambda s: common_times(s, actor_of(setup), setup.location_id, guests, start))
    assert all(one.utcoffset() == one.astimezone(ZoneInfo("America/New_York")).utcoffset() for one in times)
    return [(one - start) // MINUTE for one in times]


def test_it_is_asked_over_http(http: TestClient, setup: OrganizationSetUp, start: datetime) -> None:
    add_shift(setup, start, start + OPEN, staff_id=add_provider(setup))
    service = str(add_service(setup, "One"))
    local = start.astimezone(ZoneInfo("America/New_York")) + 60 * MINUTE
    asked = {
        "location_id": str(setup.location_id), "since": f"{local:%Y-%m-%dT%H:%M}",
        "guests": [{"service_id": service}, {"service_id": service}],
    }  # fmt: skip
    answer = http.post("/v1/visit-parties/times", json=asked, headers=setup.headers)
    assert (answer.status_code, answer.json()["items"][0]) == (200, local.isoformat())


def kept(setup: OrganizationSetUp) -> int:
    with setup.database.session("owner") as session:
        return int(
            session.scalar(text("select count(*) from hold where org_id = :org"), {"org": setup.org_id})
        )


def test_each_needs_somebody_of_their_own(setup: OrganizationSetUp, start: datetime) -> None:
    service = add_service(setup, "One")
    assert found(setup, start, Guest(service), Guest(service)) == []
    other = add_provider(setup)
    add_shift(setup, start + 60 * MINUTE, start + OPEN, staff_id=other)
    booked(setup, start + 150 * MINUTE, service, provider_id=other)
    # The other is there from the second hour on and in a visit from 150 to 180.
    assert found(setup, start, Guest(service), Guest(service)) == [60, 105, 180]
    assert found(setup, start, Guest(service), Guest(service, other)) == [60, 105, 180]
    assert found(setup, start, Guest(service, other), Guest(service, other)) == []
    assert kept(setup) == 0


def test_one_room_is_no_room_for_two(setup: OrganizationSetUp, start: datetime) -> None:
    add_shift(setup, start, start + OPEN, staff_id=add_provider(setup))
    service = add_service(setup, "In a room", needs=[(ResourceKind.ROOM, "injection")])
    assert found(setup, start, Guest(service)) != []
    assert found(setup, start, Guest(service), Guest(service)) == []
    add_resource(setup, "Room 2")
    assert found(setup, start, Guest(service), Guest(service)) != []


def test_who_comes_is_not_elsewhere_then(setup: OrganizationSetUp, start: datetime) -> None:
    for _ in range(2):
        add_shift(setup, start, start + OPEN, staff_id=add_provider(setup))
    service = add_service(setup, "One")
    booked(setup, start, service)
    guests = Guest(service), Guest(service, client_id=setup.clients[0])
    assert found(setup, start, *guests)[0] == 30


def test_what_is_offered_can_be_booked_and_is_a_choice(setup: OrganizationSetUp, start: datetime) -> None:
    add_shift(setup, start, start + OPEN, staff_id=add_provider(setup))
    next_day = start + timedelta(days=1)
    for one in (None, add_provider(setup)):
        add_shift(setup, next_day, next_day + OPEN, staff_id=one)
    service, friend = add_service(setup, "One"), setup.client()
    minutes = found(setup, start, Guest(service), Guest(service))
    assert len(minutes) == ENOUGH
    assert all(later - one >= APART // MINUTE for one, later in pairwise(minutes))
    for minute in minutes:
        party = NewParty(
            location_id=setup.location_id, booker_id=friend, starts_at=start + minute * MINUTE,
            visits=[
                PartyVisit(client_id=one, items=[NewItem(service_id=service)])
                for one in (setup.clients[0], friend)
            ],
        )  # fmt: skip
        does(setup, partial(groups.book_party, actor=actor_of(setup), request=party))
    assert violations(setup.database) == (0, 0)
