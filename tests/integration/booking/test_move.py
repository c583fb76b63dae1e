"""Moves: the old time is released and the new one claimed in one step, by the same rules as booking."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.errors import DomainError, StaleVersion
from medspa.kernel.vocabulary import AppointmentStatus, CancelledBy
from operational.booking import errors, visit
from operational.booking.move import move
from operational.booking.queries import VisitRow
from operational.booking.schemas import Move
from operational.etag import VersionMissing, etag
from tests.factories.booking import (
    actor_of,
    add_provider,
    add_resource,
    add_shift,
    book_visit,
    unit,
    violations,
)
from tests.factories.organization import OrganizationSetUp

HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def booked(setup: OrganizationSetUp, start: datetime) -> VisitRow:
    with unit(setup.database, setup) as session:
        return book_visit(session, setup, start)


def moved(setup: OrganizationSetUp, row: VisitRow, **values: Any) -> VisitRow:
    with unit(setup.database, setup) as session:
        return move(session, actor_of(setup), row.id, Move.model_validate(values), etag(row))


def claims(setup: OrganizationSetUp) -> list[tuple[datetime, bool]]:
    with setup.database.session("admin") as session:
        found = session.execute(
            text("select starts_at, active from occupancy where hard order by starts_at, active, id")
        )
        return [(row.starts_at, row.active) for row in found]


def test_a_move_by_less_than_its_own_length(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    later = start + timedelta(minutes=15)
    row = moved(setup, booked, starts_at=later)
    assert (row.id, row.starts_at, row.version) == (booked.id, later, booked.version + 1)
    assert claims(setup) == [(start, False), (start, False), (later, True), (later, True)]
    assert violations(setup.database) == (0, 0)


def test_the_old_time_is_free_and_the_new_one_taken(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    moved(setup, booked, starts_at=start + HALF_HOUR)
    with unit(setup.database, setup) as session:
        book_visit(session, setup, start, client_id=setup.client())
    with pytest.raises(errors.SlotTaken), unit(setup.database, setup) as session:
        book_visit(session, setup, start + HALF_HOUR, client_id=setup.client())


def test_a_refused_move_changes_nothing(setup: OrganizationSetUp, start: datetime, booked: VisitRow) -> None:
    with unit(setup.database, setup) as session:
        book_visit(session, setup, start + HALF_HOUR, client_id=setup.client())
    before = claims(setup)
    with pytest.raises(errors.SlotTaken):
        moved(setup, booked, starts_at=start + timedelta(minutes=20))
    assert claims(setup) == before


def test_another_provider_and_room(setup: OrganizationSetUp, start: datetime, booked: VisitRow) -> None:
    provider, room = add_provider(setup), add_resource(setup, "Room 2")
    add_shift(setup, start, start + timedelta(hours=1), staff_id=provider)
    item = {"item_id": booked.items[0].id, "provider_id": provider, "resource_ids": [room]}
    row = moved(setup, booked, items=[item])
    assert row.items[0].provider_id == provider
    assert [r.resource_id for r in row.items[0].resources] == [room]
    assert row.status is booked.status
    assert violations(setup.database) == (0, 0)


def test_a_taken_room_is_exchanged_for_a_free_one(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    second, provider = add_resource(setup, "Room 2"), add_provider(setup)
    later = start + timedelta(hours=1)
    add_shift(setup, start, start + timedelta(hours=3), staff_id=provider)
    with unit(setup.database, setup) as session:
        book_visit(session, setup, later, provider_id=provider, client_id=setup.client())
    row = moved(setup, booked, starts_at=later)
    assert [r.resource_id for r in row.items[0].resources] == [second]


def test_a_confirmation_was_for_the_old_time(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    with unit(setup.database, setup) as session:
        confirmed = visit.confirm(session, actor_of(setup), booked.id)
    assert moved(setup, confirmed, starts_at=start + HALF_HOUR).status is AppointmentStatus.BOOKED


@pytest.mark.parametrize("header", [None, '"7"'])
def test_a_move_needs_the_version_that_was_read(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow, header: str | None
) -> None:
    wanted = Move.model_validate({"starts_at": start + HALF_HOUR})
    expected = VersionMissing if header is None else StaleVersion
    with pytest.raises(expected), unit(setup.database, setup) as session:
        move(session, actor_of(setup), booked.id, wanted, header)
    assert all(at == start for at, _ in claims(setup))


def test_not_into_the_past_nor_out_of_the_shift(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    with pytest.raises(errors.InThePast):
        moved(setup, booked, starts_at=start - timedelta(days=30))
    with pytest.raises(errors.OutsideShift):
        moved(setup, booked, starts_at=start + timedelta(hours=6))
    with pytest.raises(DomainError, match="invalid"):
        moved(setup, booked, items=[{"item_id": setup.org_id}])


def test_a_finished_visit_stays_where_it_was(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    with clock.frozen(start):
        for step in (visit.arrive, visit.left):
            with unit(setup.database, setup) as session:
                row = step(session, actor_of(setup), booked.id)
        with pytest.raises(errors.WrongState):
            moved(setup, row, starts_at=start + HALF_HOUR)


@pytest.mark.parametrize(("seconds", "late"), [(0, False), (1, True)])
def test_a_move_by_the_client_inside_the_notice_is_a_late_cancellation(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow, seconds: int, late: bool
) -> None:
    with clock.frozen(start - timedelta(days=1) + timedelta(seconds=seconds)):
        row = moved(setup, booked, starts_at=start + timedelta(minutes=15), by="client")
    with setup.database.session("admin") as session:
        found = session.execute(
            text(
                "select id, status, cancelled_by, rescheduled_from_id from appointment"
                " order by created_at, id"
            )
        ).all()
        fees = session.execute(text("select count(*) from invoice_line where kind = 'fee'")).scalar_one()
    assert fees == int(late)
    assert violations(setup.database) == (0, 0)
    if not late:
        assert [one.status for one in found] == ["booked"]
        return
    assert [one.status for one in found] == ["late_cancelled", "booked"]
    assert found[0].cancelled_by == CancelledBy.RESCHEDULE.value
    assert (row.id, row.rescheduled_from_id) == (found[1].id, booked.id)


def test_a_move_by_the_practice_is_never_late(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    with clock.frozen(start - timedelta(minutes=30)):
        row = moved(setup, booked, starts_at=start + HALF_HOUR)
    assert (row.id, row.status) == (booked.id, AppointmentStatus.BOOKED)
