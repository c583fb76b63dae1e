"""A deposit goes with its visit to another time; only the fee takes of it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from medspa.kernel import clock
from medspa.kernel.vocabulary import Account, DrawerKind, PaymentStatus, Tender
from operational.booking import cancel, move
from operational.booking.queries import VisitRow
from operational.booking.schemas import Move
from operational.checkout.fees import deposit_left
from operational.checkout.payments import take_payment
from operational.checkout.schemas import PaymentIn
from operational.ledger.balances import liability_minor
from operational.ledger.drawers import open_session
from operational.models import Drawer, Payment
from tests.factories.booking import actor_of, book_visit, unit
from tests.factories.organization import OrganizationSetUp


@pytest.fixture
def booked(setup: OrganizationSetUp, start: datetime) -> VisitRow:
    with unit(setup.database, setup) as session:
        return book_visit(session, setup, start, service_id=setup.consultation_id)


def deposit(setup: OrganizationSetUp, visit: VisitRow, amount: int) -> uuid.UUID:
    with setup.database.session("owner") as session:
        name = f"Desk {uuid.uuid4().hex}"
        drawer = Drawer(
            org_id=setup.org_id, location_id=setup.location_id, name=name, kind=DrawerKind.PHYSICAL
        )
        session.add(drawer)
        session.flush()
        drawer_id = drawer.id
    with unit(setup.database, setup) as session:
        opened = open_session(session, actor_of(setup), drawer_id, 0)
        asked = PaymentIn(
            location_id=setup.location_id, drawer_session_id=opened.id, tender=Tender.CASH, currency="USD",
            client_id=visit.client_id, appointment_id=visit.id, amount_minor=amount, tendered_minor=amount,
            tips=[],
        )  # fmt: skip
        return take_payment(session, actor_of(setup), asked).id


def reschedule(
    setup: OrganizationSetUp, visit: VisitRow, start: datetime, *, waive_fee: bool = False
) -> VisitRow:
    """Asked for by the client an hour before: an hour later."""
    asked = Move(starts_at=start + timedelta(hours=1), by="client", waive_fee=waive_fee)
    with clock.frozen(start - timedelta(hours=1)), unit(setup.database, setup) as session:
        return move.move(session, actor_of(setup), visit.id, asked, f'"{visit.version}"')


def left(setup: OrganizationSetUp, visit_id: uuid.UUID) -> int:
    with unit(setup.database, setup) as session:
        return deposit_left(session, visit_id)


def taken_for(setup: OrganizationSetUp, payment_id: uuid.UUID) -> uuid.UUID | None:
    with setup.database.session("owner") as session:
        return session.scalars(select(Payment.appointment_id).where(Payment.id == payment_id)).one()


def held(setup: OrganizationSetUp, visit: VisitRow) -> int:
    with unit(setup.database, setup) as session:
        return liability_minor(session, Account.CLIENT_DEPOSITS, client_id=visit.client_id)


@pytest.mark.parametrize(
    ("amount", "waived", "rest"), [(9_000, True, 9_000), (9_000, False, 4_000), (5_000, False, 0)]
)
def test_what_the_fee_leaves_follows(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow, amount: int, waived: bool, rest: int
) -> None:
    payment_id = deposit(setup, booked, amount)
    new = reschedule(setup, booked, start, waive_fee=waived)
    assert new.rescheduled_from_id == booked.id
    assert (left(setup, booked.id), left(setup, new.id), held(setup, booked)) == (0, rest, rest)
    assert taken_for(setup, payment_id) == (new.id if rest else booked.id)


def test_the_new_visits_fee_is_paid_from_what_followed(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    """9 000: 5 000 to the first fee, the rest to the second one, which leaves 1 000 to pay."""
    deposit(setup, booked, 9_000)
    new = reschedule(setup, booked, start)
    with clock.frozen(start + timedelta(hours=2)), unit(setup.database, setup) as session:
        cancel.no_show(session, actor_of(setup), new.id)
    assert (left(setup, new.id), held(setup, booked)) == (0, 0)
    with setup.database.session("owner") as session:
        owed = session.scalar(text("select sum(amount_minor) from posting where account = '1100'"))
    assert owed == 1_000


def test_a_deposit_follows_from_visit_to_visit_and_is_used_once(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    payment_id = deposit(setup, booked, 12_000)
    second = reschedule(setup, booked, start)
    third = reschedule(setup, second, start + timedelta(hours=1))
    assert [left(setup, one.id) for one in (booked, second, third)] == [0, 0, 2_000]
    assert taken_for(setup, payment_id) == third.id
    deposit(setup, third, 3_000)
    assert (left(setup, third.id), held(setup, booked)) == (5_000, 5_000)


def test_another_visits_deposit_stays_where_it_is(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    with unit(setup.database, setup) as session:
        other = book_visit(session, setup, start + timedelta(hours=3), service_id=setup.consultation_id)
    payment_id = deposit(setup, other, 3_000)
    new = reschedule(setup, booked, start)
    assert (left(setup, new.id), left(setup, other.id)) == (0, 3_000)
    assert taken_for(setup, payment_id) == other.id


def test_a_card_deposit_in_flight_follows_too(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    payment_id = deposit(setup, booked, 4_000)
    with setup.database.session("owner") as session:
        row = session.scalars(select(Payment).where(Payment.id == payment_id)).one()
        waiting = Payment(
            org_id=row.org_id, client_id=row.client_id, location_id=row.location_id,
            drawer_session_id=row.drawer_session_id, purpose=row.purpose, tender=Tender.CARD,
            status=PaymentStatus.UNKNOWN, currency="USD", amount_minor=500, tip_minor=0, rounding_minor=0,
            appointment_id=booked.id, merchant_account_id=setup.merchant_account_id,
        )  # fmt: skip
        session.add(waiting)
        session.flush()
        waiting_id = waiting.id
    new = reschedule(setup, booked, start)
    assert taken_for(setup, payment_id) == booked.id
    assert taken_for(setup, waiting_id) == new.id


def test_a_move_in_time_keeps_visit_and_deposit(
    setup: OrganizationSetUp, start: datetime, booked: VisitRow
) -> None:
    payment_id = deposit(setup, booked, 9_000)
    with unit(setup.database, setup) as session:
        asked = Move(starts_at=start + timedelta(hours=1), by="client")
        moved = move.move(session, actor_of(setup), booked.id, asked, f'"{booked.version}"')
    assert (moved.id, left(setup, booked.id), taken_for(setup, payment_id)) == (booked.id, 9_000, booked.id)
