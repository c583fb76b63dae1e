"""Availability lists what can be booked: every slot can, and no time between them is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import ResourceKind
from operational.booking.availability import Question, Slot, availability
from operational.booking.errors import LocationClosed, NeedsOverride, NotBookable, OutsideShift, SlotTaken
from tests.factories.booking import (
    actor_of,
    add_provider,
    add_resource,
    add_service,
    add_shift,
    book_visit,
    unit,
)
from tests.factories.organization import OrganizationSetUp

QUARTER = timedelta(minutes=15)


def ask(setup: OrganizationSetUp, start: datetime, **values: Any) -> tuple[list[Slot], bool]:
    day = start.date()
    asked = {"service_id": setup.service_id, "first": day, "last": day, "limit": 1000, **values}
    with unit(setup.database, setup) as session:
        return availability(session, actor_of(setup), Question(location_id=setup.location_id, **asked))


def test_every_slot_can_be_booked_and_nothing_else(setup: OrganizationSetUp, start: datetime) -> None:
    """The lists agree with booking for each quarter of an hour of a day with every kind of claim in it."""
    provider, service = (
        add_provider(setup),
        add_service(setup, "Full", needs=[(ResourceKind.ROOM, "injection")], hands=20, processing=20,
                    finishing=10, before=5, after=10),
    )  # fmt: skip
    add_shift(setup, start, start + timedelta(hours=2), staff_id=provider)
    add_resource(setup, "Room 2")
    with unit(setup.database, setup) as session:
        for minutes, by in ((0, setup.provider_id), (15, provider), (120, setup.provider_id)):
            book_visit(
                session,
                setup,
                start + timedelta(minutes=minutes),
                provider_id=by,
                client_id=setup.client(),
                service_id=service,
            )
    listed = {
        (slot.starts_at.astimezone(UTC), one)
        for slot in ask(setup, start, service_id=service)[0]
        for one in slot.provider_ids
    }
    bookable = set()
    with unit(setup.database, setup) as session:
        for by in (setup.provider_id, provider):
            for number in range(-12, 32):
                at = start + number * QUARTER
                point = session.begin_nested()
                try:
                    book_visit(session, setup, at, provider_id=by, service_id=service)
                    bookable.add((at.astimezone(UTC), by))
                except (LocationClosed, NeedsOverride, OutsideShift, SlotTaken):
                    continue
                finally:
                    point.rollback()
    assert listed == bookable
    assert len(listed) > 10


def test_a_named_provider_only(setup: OrganizationSetUp, start: datetime) -> None:
    provider = add_provider(setup)
    add_shift(setup, start, start + timedelta(hours=1), staff_id=provider)
    found, _ = ask(setup, start, provider_id=provider)
    assert [slot.starts_at for slot in found] == [start, start + QUARTER, start + 2 * QUARTER]
    assert {slot.provider_ids for slot in found} == {(provider,)}


def test_times_of_the_clients_other_visits_are_left_out(setup: OrganizationSetUp, start: datetime) -> None:
    provider = add_provider(setup)
    add_shift(setup, start, start + timedelta(hours=1), staff_id=provider)
    with unit(setup.database, setup) as session:
        book_visit(session, setup, start, service_id=setup.consultation_id, provider_id=setup.provider_id)
    asked = {"provider_id": provider, "service_id": setup.consultation_id}
    assert len(ask(setup, start, **asked)[0]) == 3
    (only,), _ = ask(setup, start, **asked, client_id=setup.clients[0])
    assert only.starts_at == start + 2 * QUARTER


def test_nothing_before_now(setup: OrganizationSetUp, start: datetime) -> None:
    with clock.frozen(start + timedelta(minutes=1)):
        found, _ = ask(setup, start)
    assert found[0].starts_at == start + QUARTER


def test_pages_join_without_gap_or_repeat(setup: OrganizationSetUp, start: datetime) -> None:
    whole, _ = ask(setup, start)
    paged: list[Slot] = []
    more = True
    while more:
        after = paged[-1].starts_at if paged else None
        found, more = ask(setup, start, limit=5, after=after)
        assert len(found) <= 5
        paged += found
    assert paged == whole


def test_no_room_no_slots(setup: OrganizationSetUp, start: datetime) -> None:
    service = add_service(setup, "Needs a laser", needs=[(ResourceKind.DEVICE, "laser")])
    assert ask(setup, start, service_id=service) == ([], False)


@pytest.mark.parametrize("days", [-1, 31])
def test_at_most_31_days(setup: OrganizationSetUp, start: datetime, days: int) -> None:
    with pytest.raises(DomainError, match="invalid"):
        ask(setup, start, last=start.date() + timedelta(days=days))


def test_a_retired_service_has_no_times(setup: OrganizationSetUp, start: datetime) -> None:
    service = add_service(setup, "Retired", active=False)
    with pytest.raises(NotBookable):
        ask(setup, start, service_id=service)
