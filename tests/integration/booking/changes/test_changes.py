"""Services added and taken off, and changes undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.errors import StaleVersion
from medspa.kernel.vocabulary import AppointmentStatus
from operational.booking import (
    cancel,
    errors,
    items,
    queries,
    undo,
    visit,
)
from operational.booking.move import move
from operational.booking.queries import VisitRow
from operational.booking.schemas import Move, MovedItem, NewItem
from operational.etag import etag
from tests.factories.booking import (
    actor_of,
    add_service,
    violations,
)
from tests.factories.organization import OrganizationSetUp
from tests.integration.booking.desk import MINUTE, booked, does, seen


def undone(setup: OrganizationSetUp, row: VisitRow) -> VisitRow:
    found: VisitRow = does(setup, lambda s: undo.undo(s, actor_of(setup), row.id, etag(seen(setup, row))))
    return found


def same(one: VisitRow, other: VisitRow) -> bool:
    """All but the version."""
    names = (
        "status",
        "starts_at",
        "ends_at",
        "arrived_at",
        "completed_at",
        "cancelled_at",
        "cancelled_by",
        "items",
    )
    return all(getattr(one, name) == getattr(other, name) for name in names)


def test_undo_returns_to_exactly_what_was(setup: OrganizationSetUp, start: datetime) -> None:
    one, two = add_service(setup, "One"), add_service(setup, "Two", processing=15)
    actor = actor_of(setup)
    row = booked(setup, start + 60 * MINUTE, one, two)
    longer = Move(starts_at=start, items=[MovedItem(item_id=row.items[0].id, minutes=45)])
    at = start + 70 * MINUTE

    def now(session: TenantSession) -> str:
        return etag(queries.visit(session, row.id))

    changes: list[tuple[Callable[[TenantSession], Any], datetime]] = [
        (lambda s: visit.confirm(s, actor, row.id), start),
        (lambda s: move(s, actor, row.id, longer, now(s)), start),
        (lambda s: items.remove_item(s, actor, row.id, row.items[1].id, now(s)), start),
        (lambda s: items.add_items(s, actor, row.id, [NewItem(service_id=one)], (), now(s)), start),
        (lambda s: cancel.cancel(s, actor, row.id, by="practice"), start),
        (lambda s: cancel.no_show(s, actor, row.id, waive_fee=True), at),
        (lambda s: visit.arrive(s, actor, row.id), at),
    ]  # fmt: skip
    for change, when in changes:
        before = seen(setup, row)
        with clock.frozen(when):
            does(setup, change)
            assert not same(seen(setup, row), before)
            assert same(undone(setup, row), before)
            with pytest.raises(errors.WrongState):
                undone(setup, row)
    with clock.frozen(at):
        does(setup, lambda s: visit.arrive(s, actor, row.id))
        arrived = seen(setup, row)
        does(setup, lambda s: visit.complete(s, actor, row.id))
        assert same(undone(setup, row), arrived)
        does(setup, lambda s: visit.left(s, actor, row.id))
    with clock.frozen(at + 61 * timedelta(seconds=1)), pytest.raises(errors.TooLate):
        undone(setup, row)
    assert violations(setup.database) == (0, 0)
    past = does(setup, lambda s: queries.history(s, row.id))
    assert [one.event for one in past].count("undone") == 8
    moved = next(one for one in past if one.event == "moved")
    assert moved.state["items"][0]["provider_ends_at"] != past[0].state["items"][0]["provider_ends_at"]


def test_undo_says_why_when_the_time_is_taken(setup: OrganizationSetUp, start: datetime) -> None:
    service = add_service(setup, "One")
    row = booked(setup, start, service)
    does(setup, lambda s: cancel.cancel(s, actor_of(setup), row.id, by="practice"))
    stale = etag(row)
    with pytest.raises(StaleVersion):
        does(setup, lambda s: undo.undo(s, actor_of(setup), row.id, stale))
    booked(setup, start, service, client_id=setup.client())
    with pytest.raises(errors.SlotTaken):
        undone(setup, row)
    assert seen(setup, row).status is AppointmentStatus.CANCELLED


def test_items_come_and_go_with_their_claims(setup: OrganizationSetUp, start: datetime) -> None:
    one, two = add_service(setup, "One"), add_service(setup, "Two")
    actor = actor_of(setup)
    row = booked(setup, start, one)
    with pytest.raises(errors.WrongState):
        does(setup, lambda s: items.remove_item(s, actor, row.id, row.items[0].id, etag(row)))
    row = does(setup, lambda s: items.add_items(s, actor, row.id, [NewItem(service_id=two)], (), etag(row)))
    assert (len(row.items), row.ends_at) == (2, row.starts_at + timedelta(minutes=60))
    with pytest.raises(errors.SlotTaken):
        booked(setup, start + 30 * MINUTE, one, client_id=setup.client())
    row = does(setup, lambda s: items.remove_item(s, actor, row.id, row.items[0].id, etag(row)))
    assert [item.service_id for item in row.items] == [two]
    booked(setup, start, one, client_id=setup.client())
    assert violations(setup.database) == (0, 0)
