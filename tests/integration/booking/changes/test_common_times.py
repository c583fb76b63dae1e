"""Times for several people at once: providers, rooms and other visits of theirs are counted together."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise, product
from zoneinfo import ZoneInfo

from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from medspa.kernel.vocabulary import ResourceKind
from operational.booking import groups
from operational.booking.cancel import cancel
from operational.booking.common_times import APART, ENOUGH, Guest, common_times, matched
from operational.booking.group_schemas import NewParty, PartyVisit
from operational.booking.schemas import NewItem
from tests.factories.booking import (
    actor_of,
    add_category,
    add_provider,
    add_resource,
    add_service,
    add_shift,
    violations,
)
from tests.factories.organization import OrganizationSetUp
from tests.integration.booking.desk import MINUTE, OPEN, booked, does


def found(setup: OrganizationSetUp, start: datetime, *guests: Guest) -> list[int]:
    """Minutes after the start of the shift."""
    times = does(setup, lambda s: common_times(s, actor_of(setup), setup.location_id, guests, start))
    assert all(one.utcoffset() == one.astimezone(ZoneInfo("America/New_York")).utcoffset() for one in times)
    return [(one - start) // MINUTE for one in times]


def test_days_with_too_few_are_passed_over(setup: OrganizationSetUp, start: datetime) -> None:
    """One provider or one room for days on end, then two."""
    service = add_service(setup, "One")
    far = start + timedelta(days=9)
    for days in range(1, 10):
        add_shift(setup, start + timedelta(days=days), start + timedelta(days=days) + OPEN)
    add_shift(setup, far, far + OPEN, staff_id=add_provider(setup))
    assert found(setup, start, Guest(service), Guest(service))[0] == 9 * 24 * 60


def test_who_can_only_be_served_by_one_gets_that_one(setup: OrganizationSetUp, start: datetime) -> None:
    """Whoever is named first, and in booking too."""
    other = add_provider(setup)
    add_shift(setup, start, start + OPEN, staff_id=other)
    service = add_service(setup, "One")
    only = add_service(setup, "Only one", category_id=add_category(setup, "only_one", setup.provider_id))
    for guests in ([service, only], [only, service]):
        assert found(setup, start, *map(Guest, guests))[0] == 0
        party = NewParty(
            location_id=setup.location_id, booker_id=setup.clients[0], starts_at=start,
            visits=[
                PartyVisit(client_id=who, items=[NewItem(service_id=one)])
                for who, one in zip((setup.clients[0], setup.client()), guests, strict=True)
            ],
        )  # fmt: skip
        group = does(setup, partial(groups.book_party, actor=actor_of(setup), request=party))
        for one in group.visits:
            does(setup, partial(cancel, actor=actor_of(setup), appointment_id=one.id, by="practice"))


@given(st.lists(st.sets(st.integers(0, 4), min_size=0, max_size=5), min_size=1, max_size=5))
def test_everybody_gets_somebody_of_their_own_where_that_can_be(able: list[set[int]]) -> None:
    ids = [uuid.UUID(int=number) for number in range(5)]
    chosen = matched([[ids[one] for one in some] for some in able])
    possible = any(len(set(one)) == len(able) for one in product(*able))
    assert (chosen is not None) == possible
    if chosen is not None:
        assert len(set(chosen)) == len(able)
        assert all(one.int in some for one, some in zip(chosen, able, strict=True))


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
