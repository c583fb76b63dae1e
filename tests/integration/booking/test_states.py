"""The course of a visit: who may go where from where, what is frozen, what is written down."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.errors import DomainError, Forbidden, NotFound
from medspa.kernel.vocabulary import (
    AppointmentStatus,
    CancelledBy,
    CancelReason,
    CreditReason,
    LineKind,
    NotPerformedReason,
    Permission,
)
from operational.booking import cancel, errors, move, must_move, queries, visit
from operational.booking.queries import VisitRow
from operational.booking.schemas import PerformedItem, Restore
from operational.checkout.credit import issue_credit_memo
from operational.checkout.schemas import CreditLineIn, CreditMemoIn
from operational.identity.access import Actor
from operational.models import InvoiceLine
from tests.factories.booking import actor_of, book_visit, unit, violations
from tests.factories.organization import OrganizationSetUp

Step = Callable[[TenantSession, Actor, uuid.UUID], VisitRow]
NOTICE = timedelta(minutes=1440)


def by_client(session: TenantSession, actor: Actor, id_: uuid.UUID) -> VisitRow:
    return cancel.cancel(session, actor, id_, by="client", reason=CancelReason.ILLNESS)


def by_practice(session: TenantSession, actor: Actor, id_: uuid.UUID) -> VisitRow:
    return cancel.cancel(session, actor, id_, by="practice")


def restored(session: TenantSession, actor: Actor, id_: uuid.UUID) -> VisitRow:
    return move.restore(session, actor, id_, Restore.model_validate({}))


@pytest.fixture
def booked(setup: OrganizationSetUp, start: datetime) -> VisitRow:
    with unit(setup.database, setup) as session:
        return book_visit(session, setup, start, service_id=setup.consultation_id)


def do(setup: OrganizationSetUp, at: datetime, row: VisitRow, *steps: Step) -> VisitRow:
    with clock.frozen(at):
        for step in steps:
            with unit(setup.database, setup) as session:
                row = step(session, actor_of(setup), row.id)
    return row


def scalars(setup: OrganizationSetUp, statement: str) -> list[Any]:
    with setup.database.session("admin") as session:
        return list(session.scalars(text(statement)))


PATHS: dict[str, tuple[tuple[Step, ...], AppointmentStatus]] = {
    "treated": ((visit.confirm, visit.arrive, visit.complete), AppointmentStatus.COMPLETED),
    "not confirmed": ((visit.arrive, visit.complete), AppointmentStatus.COMPLETED),
    "not treated": ((visit.arrive, visit.not_treated), AppointmentStatus.ARRIVED_NOT_TREATED),
    "left": ((visit.arrive, visit.left), AppointmentStatus.LEFT_BEFORE_SERVICE),
    "missed": ((visit.confirm, cancel.no_show), AppointmentStatus.NO_SHOW),
    "late": ((by_client,), AppointmentStatus.LATE_CANCELLED),
    "by practice": ((by_practice,), AppointmentStatus.CANCELLED),
    "brought back": ((by_practice, restored), AppointmentStatus.BOOKED),
}


@pytest.mark.parametrize("name", PATHS)
def test_a_visit_ends_where_its_path_leads(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow, name: str
) -> None:
    steps, status = PATHS[name]
    row = do(setup, start + timedelta(minutes=1), booked, *steps)
    assert row.status is status
    held = scalars(setup, "select count(*) from occupancy where active and hard")
    assert held == [1 if status.holds_time else 0]
    assert violations(setup.database) == (0, 0)
    assert len(scalars(setup, "select id from appointment_history")) == 1 + len(steps)
    days = scalars(setup, "select distinct business_date from appointment_history where event <> 'booked'")
    assert days == [booked.business_date]


def must_go(session: TenantSession, actor: Actor, id_: uuid.UUID) -> VisitRow:
    must_move.note(session, actor, queries.locked(session, id_))
    return queries.visit(session, id_)


@pytest.mark.parametrize("noted", [False, True])
@pytest.mark.parametrize("ends", [by_client, cancel.no_show])
def test_what_the_practice_cannot_keep_costs_nothing(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow, ends: Step, noted: bool
) -> None:
    """Its client was told so; the kept card would be charged as well."""
    steps = (must_go, ends) if noted else (ends,)
    row = do(setup, start + timedelta(minutes=1), booked, *steps)
    assert (row.status is AppointmentStatus.LATE_CANCELLED) == (ends is by_client and not noted)
    assert scalars(setup, "select count(*) from invoice_line where kind = 'fee'") == [0 if noted else 1]


ALL: dict[str, Step] = {
    "confirm": visit.confirm,
    "arrive": visit.arrive,
    "complete": visit.complete,
    "not treated": visit.not_treated,
    "left": visit.left,
    "no show": cancel.no_show,
    "cancel": by_practice,
}
FINAL = ("treated", "not treated", "left", "missed", "late", "by practice")


@pytest.mark.parametrize("path", FINAL)
def test_nothing_leaves_a_final_state(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow, path: str
) -> None:
    at = start + timedelta(minutes=1)
    row = do(setup, at, booked, *PATHS[path][0])
    for step in ALL.values():
        with pytest.raises(errors.WrongState):
            do(setup, at, row, step)
    assert scalars(setup, "select status from appointment") == [row.status.value]


@pytest.mark.parametrize(("seconds", "status"), [(0, "cancelled"), (1, "late_cancelled")])
def test_the_boundary_of_the_notice_is_on_time(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow, seconds: int, status: str
) -> None:
    row = do(setup, start - NOTICE + timedelta(seconds=seconds), booked, by_client)
    assert (row.status.value, row.cancelled_by) == (status, CancelledBy.CLIENT)
    fees = scalars(setup, "select list_minor from invoice_line where kind = 'fee'")
    assert len(fees) == seconds


def test_late_stays_late_when_the_notice_changes(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    do(setup, start - timedelta(hours=1), booked, by_client)
    with setup.database.session("owner") as session:
        session.execute(text("update location set notice_minutes = 0"))
    assert scalars(setup, "select status from appointment") == ["late_cancelled"]
    assert scalars(setup, "select event from appointment_history order by happened_at, id")[-1] == (
        "late_cancelled"
    )


def test_the_practice_never_cancels_late(setup: OrganizationSetUp, start: datetime, booked: VisitRow) -> None:
    row = do(setup, start - timedelta(minutes=1), booked, by_practice)
    assert row.status is AppointmentStatus.CANCELLED
    assert scalars(setup, "select id from invoice") == []


def test_nobody_is_missing_before_the_start(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    with pytest.raises(errors.NotStarted):
        do(setup, start, booked, cancel.no_show)


def test_a_no_show_costs_the_locations_fee_once(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    at = start + timedelta(minutes=1)
    do(setup, at, booked, cancel.no_show)
    with pytest.raises(errors.WrongState):
        do(setup, at, booked, cancel.no_show)
    assert scalars(setup, "select list_minor from invoice_line where kind = 'fee'") == [5_000]
    with pytest.raises(errors.FeeStands):
        do(setup, at, booked, restored)


def test_a_fee_that_was_credited_in_full_stands_no_more(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    at = start + timedelta(minutes=1)
    do(setup, at, booked, cancel.no_show)

    def credited(net: int) -> None:
        with clock.frozen(at), unit(setup.database, setup) as session:
            line = session.scalars(select(InvoiceLine).where(InvoiceLine.kind == LineKind.FEE)).one()
            asked = CreditMemoIn(
                reason=CreditReason.GOODWILL, lines=[CreditLineIn(invoice_line_id=line.id, net_minor=net)]
            )
            issue_credit_memo(session, actor_of(setup), line.invoice_id, asked)

    credited(4_999)
    with pytest.raises(errors.FeeStands):
        do(setup, at, booked, restored)
    credited(1)
    assert do(setup, at, booked, restored).status is AppointmentStatus.BOOKED
    # A second absence costs a second fee, and that one stands.
    do(setup, at, booked, cancel.no_show)
    with pytest.raises(errors.FeeStands):
        do(setup, at, booked, restored)


def test_waiving_a_fee_needs_a_permission_and_is_written_down(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    held = [one for one in Permission if one is not Permission.BOOKING_OVERRIDE]

    def waived(session: TenantSession, actor: Actor, id_: uuid.UUID) -> VisitRow:
        return cancel.no_show(session, actor, id_, waive_fee=True)

    def unpermitted(session: TenantSession, _actor: Actor, id_: uuid.UUID) -> VisitRow:
        return cancel.no_show(session, actor_of(setup, held), id_, waive_fee=True)

    at = start + timedelta(minutes=1)
    with pytest.raises(Forbidden):
        do(setup, at, booked, unpermitted)
    assert do(setup, at, booked, waived).status is AppointmentStatus.NO_SHOW
    assert scalars(setup, "select id from invoice") == []
    assert "fee_waived" in scalars(setup, "select override from appointment_history")


def test_a_client_arrives_on_the_day_of_the_visit(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    with pytest.raises(errors.WrongState):
        do(setup, start - timedelta(days=1), booked, visit.arrive)


def test_what_was_not_performed_has_a_reason(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    at = start + timedelta(minutes=1)
    row = do(setup, at, booked, visit.arrive)
    refused = PerformedItem(
        item_id=row.items[0].id, performed=False, reason=NotPerformedReason.CLIENT_DECLINED
    )
    with pytest.raises(errors.WrongState), clock.frozen(at), unit(setup.database, setup) as session:
        visit.complete(session, actor_of(setup), row.id, [refused])
    foreign = PerformedItem(item_id=uuid.uuid4(), performed=True)
    with (
        pytest.raises(DomainError, match="invalid"),
        clock.frozen(at),
        unit(setup.database, setup) as session,
    ):
        visit.complete(session, actor_of(setup), row.id, [foreign])
    assert scalars(setup, "select status from appointment") == ["arrived"]


def test_a_time_that_was_given_away_is_not_brought_back(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    do(setup, start - timedelta(hours=1), booked, by_practice)
    with unit(setup.database, setup) as session:
        book_visit(session, setup, start, service_id=setup.consultation_id, client_id=setup.client())
    with pytest.raises(errors.SlotTaken):
        do(setup, start - timedelta(hours=1), booked, restored)


def test_a_visit_of_a_past_day_is_not_brought_back(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    do(setup, start - timedelta(hours=1), booked, by_practice)
    with pytest.raises(errors.InThePast):
        do(setup, start + timedelta(days=1), booked, restored)


def test_what_runs_late_delays_the_next_visit(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    with unit(setup.database, setup) as session:
        after = book_visit(
            session,
            setup,
            start + timedelta(minutes=30),
            service_id=setup.consultation_id,
            client_id=setup.client(),
        )
    do(setup, start, booked, visit.arrive)
    at = start + timedelta(minutes=50)
    assert do(setup, at, after, visit.confirm).late_minutes == 20
    do(setup, at, booked, visit.complete)
    assert do(setup, at, after, visit.arrive).late_minutes == 0


def test_an_unknown_visit_is_not_found(setup: OrganizationSetUp, booked: VisitRow) -> None:
    for step in (*ALL.values(), restored):
        with pytest.raises(NotFound), unit(setup.database, setup) as session:
            step(session, actor_of(setup), uuid.uuid4())
    assert scalars(setup, "select status from appointment") == ["booked"]
