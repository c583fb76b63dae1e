"""Booking a visit: what it holds, what it refuses, and that it is all or nothing."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.errors import DomainError, Forbidden, NotFound
from medspa.kernel.vocabulary import ClientFlag, Permission, ResourceKind, SoftRule, VisitSource
from operational.booking import errors
from operational.booking.book import book
from operational.booking.queries import VisitRow
from operational.booking.schemas import NewItem, NewVisit
from tests.factories.booking import (
    actor_of,
    add_provider,
    add_resource,
    add_service,
    add_shift,
    book_visit,
    unit,
    violations,
)
from tests.factories.organization import OrganizationSetUp


def booked(setup: OrganizationSetUp, start: datetime, **values: Any) -> VisitRow:
    with unit(setup.database, setup) as session:
        return book_visit(session, setup, start, **values)


def visit_of(setup: OrganizationSetUp, start: datetime, *items: NewItem, **values: Any) -> VisitRow:
    request = NewVisit(
        client_id=setup.clients[0],
        location_id=setup.location_id,
        starts_at=start,
        items=list(items),
        **values,
    )
    with unit(setup.database, setup) as session:
        return book(session, actor_of(setup), request)


def count(setup: OrganizationSetUp, table: str) -> int:
    with setup.database.session("admin") as session:
        found: int = session.execute(text(f"select count(*) from {table}")).scalar_one()
    return found


def test_a_visit_holds_its_provider_and_a_free_room(setup: OrganizationSetUp, start: datetime) -> None:
    visit = booked(setup, start)
    assert visit.starts_at == start
    assert visit.ends_at == start + timedelta(minutes=30)
    assert [r.resource_id for r in visit.items[0].resources] == [setup.rooms[0]]
    assert visit.items[0].provider_id == setup.provider_id
    assert violations(setup.database) == (0, 0)
    assert count(setup, "occupancy") == 2


def test_times_are_shown_with_the_offset_of_the_location(setup: OrganizationSetUp, start: datetime) -> None:
    offset = booked(setup, start).starts_at.utcoffset()
    assert offset in (timedelta(hours=-4), timedelta(hours=-5))


def test_a_wall_clock_time_is_the_locations(setup: OrganizationSetUp, start: datetime) -> None:
    shown = booked(setup, start).starts_at
    again = shown.replace(tzinfo=None) + timedelta(hours=1)
    assert booked(setup, again).starts_at == start + timedelta(hours=1)


def test_the_next_slot_begins_when_the_one_before_ends(setup: OrganizationSetUp, start: datetime) -> None:
    booked(setup, start)
    booked(setup, start + timedelta(minutes=30))
    assert violations(setup.database) == (0, 0)


def test_a_taken_time_names_the_kind_of_subject_and_nobody_else(
    setup: OrganizationSetUp, start: datetime
) -> None:
    booked(setup, start)
    other = setup.client()
    with pytest.raises(errors.SlotTaken) as refused:
        booked(setup, start + timedelta(minutes=29), client_id=other)
    assert refused.value.problem()["taken"] == [
        {"item": 0, "subject": "provider"},
        {"item": 0, "subject": "room"},
    ]
    assert str(setup.clients[0]) not in str(refused.value.problem())
    assert count(setup, "appointment") == 1


def test_any_free_room_is_taken(setup: OrganizationSetUp, start: datetime) -> None:
    second = add_resource(setup, "Room 2")
    provider = add_provider(setup)
    add_shift(setup, start, start + timedelta(hours=1), staff_id=provider)
    booked(setup, start, provider_id=setup.provider_id)
    visit = booked(setup, start, provider_id=provider, client_id=setup.client())
    assert visit.items[0].resources[0].resource_id == second


def test_any_provider_who_is_free_serves(setup: OrganizationSetUp, start: datetime) -> None:
    provider = add_provider(setup)
    add_shift(setup, start, start + timedelta(hours=1), staff_id=provider)
    chosen = {
        booked(setup, start, service_id=setup.consultation_id, client_id=setup.client()).items[0].provider_id
        for _ in range(2)
    }
    assert chosen == {setup.provider_id, provider}


def test_all_items_or_none(setup: OrganizationSetUp, start: datetime) -> None:
    booked(setup, start + timedelta(minutes=30), service_id=setup.consultation_id)
    before = count(setup, "occupancy")
    items = [NewItem(service_id=setup.consultation_id, provider_id=setup.provider_id) for _ in range(2)]
    with pytest.raises(errors.SlotTaken) as refused:
        visit_of(setup, start, *items, overrides=[SoftRule.CLIENT_OVERLAP])
    assert refused.value.problem()["taken"] == [{"item": 1, "subject": "provider"}]
    assert count(setup, "occupancy") == before
    assert count(setup, "appointment") == 1


def test_two_items_of_a_visit_share_a_room(setup: OrganizationSetUp, start: datetime) -> None:
    provider = add_provider(setup)
    add_shift(setup, start, start + timedelta(hours=1), staff_id=provider)
    items = [
        NewItem(service_id=setup.service_id, provider_id=one, starts_at=start)
        for one in (setup.provider_id, provider)
    ]
    visit = visit_of(setup, start, *items)
    assert {r.resource_id for item in visit.items for r in item.resources} == {setup.rooms[0]}
    assert violations(setup.database) == (0, 0)
    assert count(setup, "occupancy") == 3


def test_two_items_of_a_visit_do_not_share_a_device(setup: OrganizationSetUp, start: datetime) -> None:
    provider = add_provider(setup)
    add_shift(setup, start, start + timedelta(hours=1), staff_id=provider)
    add_resource(setup, "Laser", kind=ResourceKind.DEVICE, tag="laser")
    service = add_service(setup, "Laser", needs=[(ResourceKind.DEVICE, "laser")])
    items = [
        NewItem(service_id=service, provider_id=one, starts_at=start) for one in (setup.provider_id, provider)
    ]
    with pytest.raises(errors.SlotTaken) as refused:
        visit_of(setup, start, *items)
    assert refused.value.problem()["taken"] == [{"item": 1, "subject": "device"}]


def test_one_provider_cannot_work_twice_at_once(setup: OrganizationSetUp, start: datetime) -> None:
    item = NewItem(service_id=setup.consultation_id, provider_id=setup.provider_id, starts_at=start)
    with pytest.raises(errors.ImpossibleVisit):
        visit_of(setup, start, item, item)


def test_processing_leaves_the_provider_free(setup: OrganizationSetUp, start: datetime) -> None:
    color = add_service(setup, "With processing", hands=20, processing=40)
    booked(setup, start, service_id=color)
    visit = booked(
        setup, start + timedelta(minutes=20), service_id=setup.consultation_id, client_id=setup.client()
    )
    assert visit.items[0].provider_id == setup.provider_id


def test_a_walk_in_starts_now(setup: OrganizationSetUp, start: datetime) -> None:
    with clock.frozen(start + timedelta(seconds=90)), unit(setup.database, setup) as session:
        item = NewItem(service_id=setup.service_id)
        request = NewVisit(
            client_id=setup.clients[0], location_id=setup.location_id, items=[item], walk_in=True
        )
        visit = book(session, actor_of(setup), request)
    assert (visit.starts_at, visit.source) == (start + timedelta(minutes=1), VisitSource.WALK_IN)


def test_a_follow_up_is_of_the_same_client(setup: OrganizationSetUp, start: datetime) -> None:
    first = booked(setup, start)
    visit = booked(setup, start + timedelta(hours=1), follow_up_of_id=first.id)
    assert (visit.follow_up_of_id, visit.source) == (first.id, VisitSource.FOLLOW_UP)
    with pytest.raises(DomainError, match="invalid"):
        booked(setup, start + timedelta(hours=2), follow_up_of_id=first.id, client_id=setup.client())


@pytest.mark.parametrize(("minutes", "allowed"), [(15, True), (16, False)])
def test_a_visit_may_be_entered_for_a_quarter_of_an_hour(
    setup: OrganizationSetUp, start: datetime, minutes: int, allowed: bool
) -> None:
    with clock.frozen(start + timedelta(minutes=minutes)):
        if allowed:
            assert booked(setup, start).starts_at == start
        else:
            with pytest.raises(errors.InThePast):
                booked(setup, start)


NOBODY = "nobody"
NO_STAFF = "update staff_member set active = false where is_provider"
FLAG = "update client set flags = array['{}']"

REFUSALS: dict[str, tuple[str, dict[str, str], type[DomainError]]] = {
    "unknown service": ("", {"service_id": NOBODY}, NotFound),
    "unknown client": ("", {"client_id": NOBODY}, NotFound),
    "unknown provider": ("", {"provider_id": NOBODY}, NotFound),
    "retired service": ("update service set active = false", {}, errors.NotBookable),
    "retired location": ("update location set active = false", {}, errors.NotBookable),
    "nobody is active": (NO_STAFF, {}, errors.NoProvider),
    "inactive provider": (NO_STAFF, {"provider_id": "provider_id"}, errors.ProviderNotEligible),
    "not a provider": ("", {"provider_id": "owner_id"}, errors.ProviderNotEligible),
    "expired credential": (
        "update credential set valid_until = cast(:start as date)",
        {"provider_id": "provider_id"},
        errors.ProviderNotEligible,
    ),
    "no room": ("update resource set active = false", {}, errors.ResourceNotSuitable),
    "no shift": ("update shift set active = false", {}, errors.OutsideShift),
    "shift ends early": (
        "update shift set ends_at = cast(:start as timestamptz) + interval '29 min'",
        {},
        errors.OutsideShift,
    ),
    "closed": ("delete from location_hours", {}, errors.LocationClosed),
    "do not treat": (FLAG.format(ClientFlag.DO_NOT_TREAT.value), {}, errors.ClientNotBookable),
    "deceased": (FLAG.format(ClientFlag.DECEASED.value), {}, errors.ClientNotBookable),
}
"""Name → what is changed before, fields of the request (an attribute of the set-up), the problem."""


@pytest.mark.parametrize("name", REFUSALS)
def test_what_may_not_be_booked_is_refused_and_leaves_nothing(
    setup: OrganizationSetUp, start: datetime, name: str
) -> None:
    statement, fields, error = REFUSALS[name]
    if statement:
        _change(setup, statement, start=start)
    asked = {field: getattr(setup, source, uuid.uuid4()) for field, source in fields.items()}
    with pytest.raises(error) as refused:
        booked(setup, start, **asked)
    assert refused.value.detail
    assert (count(setup, "appointment"), count(setup, "occupancy")) == (0, 0)


def _change(setup: OrganizationSetUp, statement: str, **values: Any) -> None:
    with setup.database.session("owner") as session:
        wanted = {name: value for name, value in values.items() if f":{name}" in statement}
        session.execute(text(statement), wanted)


def test_a_room_of_another_kind_does_not_serve(setup: OrganizationSetUp, start: datetime) -> None:
    other = add_resource(setup, "Laser room", tag="laser")
    with pytest.raises(errors.ResourceNotSuitable):
        visit_of(setup, start, NewItem(service_id=setup.service_id, resource_ids=[other]))


def test_a_credential_counts_from_its_first_day_to_before_its_last(
    setup: OrganizationSetUp, start: datetime
) -> None:
    day = start.date()
    _change(
        setup,
        "update credential set valid_from = cast(:day as date), valid_until = cast(:day as date) + 1",
        day=day,
    )
    assert booked(setup, start).starts_at == start
    with pytest.raises(errors.NoProvider):
        booked(setup, start + timedelta(days=1))


def test_booking_needs_its_permission_at_the_location(setup: OrganizationSetUp, start: datetime) -> None:
    request = NewVisit(
        client_id=setup.clients[0],
        location_id=setup.location_id,
        starts_at=start,
        items=[NewItem(service_id=setup.service_id)],
    )
    with unit(setup.database, setup) as session, pytest.raises(Forbidden):
        book(session, actor_of(setup, [Permission.BOOKING_READ]), request)
