"""Several visits at once: series, parties, the queue, visits that must move, coming again."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.errors import Invalid, StaleVersion
from medspa.kernel.vocabulary import AppointmentStatus, TimeOffReason, VisitGroupKind
from operational.booking import (
    affected,
    errors,
    groups,
    queries,
    rebook,
    time_off,
    walk_ins,
)
from operational.booking.group_schemas import BulkMove, NewParty, NewSeries, NewWalkIn, PartyVisit
from operational.booking.schedule_schemas import NewTimeOff
from operational.booking.schemas import NewItem
from operational.checkout.payer import may_pay
from operational.models import Appointment
from tests.factories.booking import (
    actor_of,
    add_provider,
    add_service,
    add_shift,
    unit,
    violations,
)
from tests.factories.organization import OrganizationSetUp
from tests.integration.booking.desk import MINUTE, OPEN, booked, does


def test_a_series_is_booked_whole_or_says_which_dates_are_taken(
    setup: OrganizationSetUp, start: datetime
) -> None:
    service = add_service(setup, "One")
    for week in range(1, 40):
        add_shift(setup, start + week * timedelta(weeks=1, hours=0) - timedelta(hours=2),
                  start + week * timedelta(weeks=1) + OPEN)  # fmt: skip
    taken = booked(setup, start + timedelta(weeks=2), service, client_id=setup.client())
    asked: dict[str, Any] = {
        "client_id": setup.clients[0], "location_id": setup.location_id, "starts_at": start, "times": 30,
        "items": [{"service_id": service}],
    }  # fmt: skip

    def series(**more: Any) -> groups.Group:
        request = NewSeries.model_validate({**asked, **more})
        found: groups.Group = does(setup, lambda s: groups.book_series(s, actor_of(setup), request))
        return found

    with pytest.raises(groups.SeriesConflicts) as caught:
        series()
    (conflict,) = caught.value.extra["conflicts"]
    assert (conflict["number"], conflict["problem"]["type"].rpartition(":")[2]) == (2, "slot-taken")
    near = datetime.fromisoformat(conflict["alternatives"][0])
    assert abs(near - taken.starts_at) == timedelta(minutes=30)
    with setup.database.session("admin") as session:
        mine = text("select count(*) from appointment where org_id = :org")
        assert session.execute(mine, {"org": setup.org_id}).scalar_one() == 1
    group = series(instead=[{"number": 2, "starts_at": conflict["alternatives"][0]}], kind="treatment")
    assert group.row.kind is VisitGroupKind.TREATMENT
    walls = [one.starts_at.strftime("%H:%M") for one in group.visits]
    assert len(walls) == 30
    assert len(set(walls)) == 2, "the same time of day over a clock change, but for the one that was moved"
    again = series(client_id=setup.client(), book_free=True, times=31)
    assert (len(again.visits), len(again.conflicts)) == (1, 30)


def test_people_who_come_together_are_booked_arrive_and_are_billed_together(
    setup: OrganizationSetUp, start: datetime
) -> None:
    service, friend = add_service(setup, "One"), setup.client()
    request = NewParty(
        location_id=setup.location_id, booker_id=friend, starts_at=start, one_bill=True,
        visits=[
            PartyVisit(client_id=one, items=[NewItem(service_id=service)])
            for one in (setup.clients[0], friend)
        ],
    )  # fmt: skip
    with pytest.raises(errors.SlotTaken):
        does(setup, lambda s: groups.book_party(s, actor_of(setup), request))
    add_shift(setup, start, start + OPEN, staff_id=add_provider(setup))
    group = does(setup, lambda s: groups.book_party(s, actor_of(setup), request))
    assert len({one.items[0].provider_id for one in group.visits}) == 2
    with clock.frozen(start):
        here = does(setup, lambda s: groups.arrive_together(s, actor_of(setup), group.row.id))
    assert {one.status for one in here.visits} == {AppointmentStatus.ARRIVED}
    with unit(setup.database, setup) as session:
        first = session.get_one(Appointment, (setup.org_id, group.visits[0].id))
        paying = [may_pay(session, first, one) for one in (setup.clients[0], friend, setup.client())]
    assert paying == [True, True, False]


def test_the_queue_tells_each_the_wait_that_those_before_leave(
    setup: OrganizationSetUp, start: datetime
) -> None:
    service, actor = add_service(setup, "One"), actor_of(setup)
    booked(setup, start, service, client_id=setup.client())
    with clock.frozen(start + MINUTE):
        told = [
            does(setup, lambda s: walk_ins.come(s, actor, NewWalkIn(
                location_id=setup.location_id, client_id=setup.client(), service_id=service)))
            for _ in range(3)
        ]  # fmt: skip
        assert [one.row.quoted_minutes for one in told] == [29, 59, 89]
        does(setup, lambda s: walk_ins.leave(s, actor, told[0].row.id, '"1"'))
        waits = does(
            setup, lambda s: [one.wait_minutes for one in walk_ins.queue(s, actor, setup.location_id)]
        )
        assert waits == [29, 59]
        with pytest.raises(errors.SlotTaken):
            does(setup, lambda s: walk_ins.seat(s, actor, told[1].row.id, (), '"1"'))
    with clock.frozen(start + 30 * MINUTE):
        seated = does(setup, lambda s: walk_ins.seat(s, actor, told[1].row.id, (), '"1"'))
        row = does(setup, lambda s: queries.visit(s, seated.row.appointment_id))
    assert (row.status, row.source) == (AppointmentStatus.ARRIVED, "walk_in")


def test_who_is_absent_leaves_visits_that_go_elsewhere_one_by_one(
    setup: OrganizationSetUp, start: datetime
) -> None:
    service, other, actor = add_service(setup, "One"), add_provider(setup), actor_of(setup)
    add_shift(setup, start, start + 60 * MINUTE, staff_id=other)
    add_shift(setup, start + timedelta(days=1), start + timedelta(days=1) + OPEN)
    rows = [
        booked(
            setup, start + n * 30 * MINUTE, service, provider_id=setup.provider_id, client_id=setup.client()
        )
        for n in range(3)
    ]
    off = NewTimeOff(
        location_id=setup.location_id, subject_kind="provider", subject_id=setup.provider_id, starts_at=start,
        ends_at=start + OPEN, reason=TimeOffReason.ABSENT, keep_visits=True,
    )  # fmt: skip
    made, _ = does(setup, lambda s: time_off.add(s, actor, off))
    found = does(setup, lambda s: affected.affected(s, actor, made[0].id))
    assert [row.id for row, _ in found] == [row.id for row in rows]
    first, second, third = (proposal for _, proposal in found)
    assert (first.same_time, first.items[0].provider_id) == (True, other)
    assert (third.same_time, third.starts_at) == (False, start + timedelta(days=1))

    def to(proposal: Any) -> BulkMove:
        return BulkMove.model_validate(
            {
                "appointment_id": proposal.appointment_id, "version": proposal.version,
                "items": [dataclasses.asdict(one) for one in proposal.items],
            }
        )  # fmt: skip

    does(setup, lambda s: affected.apply(s, actor, to(first)))
    with pytest.raises(StaleVersion):
        does(setup, lambda s: affected.apply(s, actor, to(first)))
    does(setup, lambda s: affected.apply(s, actor, to(third)))
    tell = BulkMove(appointment_id=second.appointment_id, version=second.version, tell=True)
    does(setup, lambda s: affected.apply(s, actor, tell))
    left = does(setup, lambda s: time_off.visits_in(s, made[0]))
    assert left == [rows[1].id]
    assert [one.event for one in does(setup, lambda s: queries.history(s, rows[1].id))] == [
        "booked",
        "must_move",
    ]
    asked = "select kind from task where appointment_id = :id"
    with setup.database.session("owner") as session:
        assert session.scalars(text(asked), {"id": rows[1].id}).all() == ["find_time"]
    assert violations(setup.database) == (0, 0)


def test_coming_again_is_after_the_cycle_on_the_same_weekday_and_hour(
    setup: OrganizationSetUp, start: datetime
) -> None:
    with setup.database.session("owner") as session:
        session.execute(
            text("update treatment_category set cycle_days = 30 where id = :id"), {"id": setup.category_id}
        )
    for days in (7, 14, 21, 28, 29, 30, 31, 63):
        add_shift(setup, start + timedelta(days=days), start + timedelta(days=days) + OPEN)
    row = booked(setup, start + 45 * MINUTE, add_service(setup, "One"))
    found = does(setup, lambda s: rebook.proposals(s, actor_of(setup), row.id, sessions=2))
    # A month is 30 days on: the nearest same weekday is 28 days on, and 63 of 60.
    assert [one.due_on for one in found] == [
        (row.starts_at + timedelta(days=days)).date() for days in (28, 63)
    ]
    assert [one.slots[0].starts_at.replace(tzinfo=None) for one in found] == [
        row.starts_at.replace(tzinfo=None) + timedelta(days=days) for days in (28, 63)
    ]
    with setup.database.session("owner") as session:
        session.execute(
            text("update treatment_category set cycle_days = null where id = :id"), {"id": setup.category_id}
        )
    with pytest.raises(Invalid):
        does(setup, lambda s: rebook.proposals(s, actor_of(setup), row.id))
