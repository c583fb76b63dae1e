"""The day close: its blockers, its order, its frozen figures, and what may not change afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    Account,
    AppointmentStatus,
    DayStatus,
    DrawerKind,
    LedgerEvent,
    PaymentStatus,
    Permission,
    Tender,
)
from operational.ledger import errors
from operational.ledger.close import DayClosing, close_day, preview_close
from operational.ledger.close_figures import figures_sha256, frozen_figures, is_intact
from operational.ledger.days import open_business_date
from operational.ledger.drawer_count import count_session
from operational.ledger.drawers import open_session, virtual_session
from operational.ledger.post import Line, post
from operational.ledger.post_close import post_close_changes
from operational.models import BusinessDay, InvoiceLine
from tests.factories.close import add_line, chart, make_service, make_visit, unresolved_card
from tests.factories.ledger import NOON, TODAY, Books, bill, make_books, make_invoice, pay
from tests.support.databases import Database

NEXT = TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def books(operational_module: Database) -> Books:
    """An organization per test."""
    with operational_module.session("owner") as session:
        return make_books(session)


@pytest.fixture
def database(operational_module: Database) -> Database:
    return operational_module


def _close(database: Database, books: Books, day: date = TODAY) -> DayClosing:
    with database.session(org_id=books.org_id) as session:
        return close_day(session, books.actor(), books.north, day)


def _refused(database: Database, books: Books, work: Callable[[Session], object]) -> DomainError:
    with (
        pytest.raises((DBAPIError, DomainError)) as raised,
        database.session(org_id=books.org_id) as session,
    ):
        work(session)
    if isinstance(raised.value, DomainError):
        return raised.value
    mapped = errors.from_database(raised.value)
    assert mapped is not None, raised.value
    return mapped


def _blockers(database: Database, books: Books, day: date = TODAY) -> dict[str, int]:
    """Code → count; the close must refuse with the same list that the preview shows."""
    with database.session(org_id=books.org_id) as session:
        shown, _ = preview_close(session, books.actor(), books.north, day)
    refused = _refused(database, books, lambda s: close_day(s, books.actor(), books.north, day))
    assert refused.code == "day-blocked"
    assert refused.extra["blockers"] == [blocker.as_member() for blocker in shown]
    assert all(link.startswith("/v1/") for blocker in shown for link in blocker.links)
    return {blocker.code: blocker.count for blocker in shown}


def _as_owner(database: Database, books: Books, work: Callable[[Session], object]) -> None:
    """As the owner role bound to the organization: charts and clients can be written without an audit."""
    with database.session("owner", books.org_id) as session:
        work(session)


def test_a_day_closes_with_what_happened_on_it(database: Database, books: Books) -> None:
    with database.session(org_id=books.org_id) as session:
        actor = books.actor()
        drawer = open_session(session, actor, books.drawer_id, 20_000)
        invoice = bill(session, books, 30_000)
        bill(session, books, 7_000)
        pay(session, books, drawer.id, 33_000, tip_minor=3_000, invoice_id=invoice.id)
        online = virtual_session(session, books.north, DrawerKind.ONLINE)
        pay(session, books, online.id, 5_000, tender=Tender.CARD)
        count_session(session, actor, drawer.id, {10_000: 5, 1_000: 2, 500: 1}, 20_000)
    closing = _close(database, books)
    figures = {(measure, key): amount for measure, key, amount in closing.figures}
    assert figures == {
        ("account", "1000"): 20_000, ("account", "1005"): 32_500, ("account", "1020"): 5_000,
        ("account", "1100"): 7_000, ("account", "1200"): -20_000, ("account", "2100"): -5_000,
        ("account", "2500"): -3_000, ("account", "4000"): -37_000, ("account", "6000"): 500,
        ("balance", "1000"): 20_000, ("balance", "1005"): 32_500, ("balance", "1020"): 5_000,
        ("balance", "1100"): 7_000, ("balance", "1200"): -20_000, ("balance", "2100"): -5_000,
        ("balance", "2500"): -3_000,
        ("ar_closing", ""): 7_000, ("recognised", ""): 37_000, ("deposits", "payment_taken"): 5_000,
        ("gross_billed", "service"): 37_000, ("net_billed", ""): 37_000,
        ("received", "cash"): 33_000, ("received", "card"): 5_000,
        ("collected", "cash"): 33_000, ("collected", "card"): 5_000,
        ("tips", ""): 3_000, ("over_short", ""): -500,
    }  # fmt: skip
    with database.session(org_id=books.org_id) as session:
        day = session.get(BusinessDay, (books.org_id, closing.day.id))
        assert day is not None
        assert day.status is DayStatus.CLOSED
        assert day.closed_by == books.staff_id
        frozen = frozen_figures(session, day)
        assert frozen == sorted(closing.figures)
        assert day.figures_sha256 == figures_sha256(books.org_id, books.north, TODAY, "USD", frozen)
        assert is_intact(session, day)
        open_sessions = session.execute(
            text("select count(*) from drawer_session where status = 'open' and business_date = :day"),
            {"day": TODAY},
        ).scalar_one()
        assert open_sessions == 0


def test_balances_are_carried_and_idle_days_close_by_themselves(database: Database, books: Books) -> None:
    with database.session(org_id=books.org_id) as session:
        invoice = bill(session, books, 9_000)
    _close(database, books)
    friday = TODAY + timedelta(days=3)
    with clock.frozen(NOON + timedelta(days=3)):
        with database.session(org_id=books.org_id) as session:
            drawer = open_session(session, books.actor(), books.drawer_id, 0)
            pay(session, books, drawer.id, 4_000, invoice_id=invoice.id)
            count_session(session, books.actor(), drawer.id, {1_000: 4}, 0)
        closing = _close(database, books, friday)
    assert closing.idle_days == [NEXT, TODAY + timedelta(days=2)]
    figures = {(measure, key): amount for measure, key, amount in closing.figures}
    assert figures["ar_opening", ""] == 9_000
    assert figures["ar_closing", ""] == 5_000
    assert figures["balance", "1100"] == 5_000
    with database.session(org_id=books.org_id) as session:
        days = session.scalars(
            select(BusinessDay)
            .where(BusinessDay.org_id == books.org_id, BusinessDay.location_id == books.north)
            .order_by(BusinessDay.business_date)
        ).all()
        assert [day.business_date for day in days] == [TODAY + timedelta(days=n) for n in range(4)]
        assert all(is_intact(session, day) for day in days)
        changes = post_close_changes(session, books.actor(), books.north, TODAY)
    assert [(c.event, c.business_date, c.receivable_minor, c.is_correction) for c in changes] == [
        (LedgerEvent.PAYMENT_TAKEN, friday, -4_000, False)
    ]


def test_an_earlier_day_with_business_comes_first(database: Database, books: Books) -> None:
    with database.session(org_id=books.org_id) as session:
        bill(session, books)
    with clock.frozen(NOON + timedelta(days=1)):
        assert _blockers(database, books, NEXT) == {"prior_day_open": 1}
        _close(database, books)
        assert _close(database, books, NEXT).idle_days == []


def test_a_closed_day_closes_once_and_a_later_one_not_yet(database: Database, books: Books) -> None:
    _close(database, books)
    again = _refused(database, books, lambda s: close_day(s, books.actor(), books.north, TODAY))
    assert again.code == "day-closed"
    ahead = _refused(database, books, lambda s: close_day(s, books.actor(), books.north, NEXT))
    assert ahead.code == "day-not-begun"
    unknown = _refused(database, books, lambda s: close_day(s, books.actor(), new_id(), TODAY))
    assert unknown.code == "not-found"
    elsewhere = books.actor(Permission.DAY_CLOSE, location_id=books.south)
    forbidden = _refused(database, books, lambda s: close_day(s, elsewhere, books.north, TODAY))
    assert forbidden.code == "forbidden"


def test_an_uncounted_drawer_blocks(database: Database, books: Books) -> None:
    with database.session(org_id=books.org_id) as session:
        open_session(session, books.actor(), books.drawer_id, 0)
    assert _blockers(database, books) == {"session_uncounted": 1}


@pytest.mark.parametrize("status", ["booked", "confirmed", "arrived"])
def test_an_appointment_that_is_not_final_blocks(database: Database, books: Books, status: str) -> None:
    _as_owner(
        database,
        books,
        lambda s: make_visit(s, books, make_service(s, books), AppointmentStatus(status)),
    )
    assert _blockers(database, books) == {"appointment_not_final": 1}


def test_an_appointment_of_an_idle_day_blocks_too(database: Database, books: Books) -> None:
    _as_owner(
        database,
        books,
        lambda s: make_visit(s, books, make_service(s, books), AppointmentStatus.BOOKED),
    )
    with clock.frozen(NOON + timedelta(days=1)):
        assert _blockers(database, books, NEXT) == {"prior_day_open": 1}


@pytest.mark.parametrize(
    ("charted", "billed", "reason", "blockers"),
    [
        (40_000, None, None, {"performed_not_invoiced": 1}),
        (40_000, 30_000, None, {"charted_not_billed": 1}),
        (None, 30_000, None, {"charted_not_billed": 1}),
        (40_000, 30_000, "goodwill", {}),
        (40_000, 40_000, None, {}),
    ],
)
def test_what_was_done_is_billed(
    database: Database,
    books: Books,
    charted: int | None,
    billed: int | None,
    reason: str | None,
    blockers: dict[str, int],
) -> None:
    def visit(session: Session) -> None:
        service = make_service(session, books)
        item = make_visit(session, books, service)
        if charted is not None:
            chart(session, books, item, service, charted)
        if billed is not None:
            invoice = make_invoice(session, books)
            first = session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id)).one()
            add_line(session, item, first, billed, reason)

    _as_owner(database, books, visit)
    if blockers:
        assert _blockers(database, books) == blockers
    else:
        assert _close(database, books).day.status is DayStatus.CLOSED


@pytest.mark.parametrize("status", [PaymentStatus.PENDING, PaymentStatus.UNKNOWN])
def test_a_card_payment_without_outcome_blocks(
    database: Database, books: Books, status: PaymentStatus
) -> None:
    with database.session(org_id=books.org_id) as session:
        online = virtual_session(session, books.north, DrawerKind.ONLINE)
        unresolved_card(session, books, online.id, status)
    assert _blockers(database, books) == {"card_payment_unresolved": 1}


def test_a_credit_memo_not_paid_out_blocks(database: Database, books: Books) -> None:
    with database.session(org_id=books.org_id) as session:
        online = virtual_session(session, books.north, DrawerKind.ONLINE)
        invoice = bill(session, books, 1_000)
        pay(session, books, online.id, 1_000, tender=Tender.CARD, invoice_id=invoice.id)

        def memo(amount: int, event: LedgerEvent, other: Account, **key: uuid.UUID) -> None:
            post(
                session,
                event=event,
                source_kind="credit_memo",
                source_id=new_id(),
                lines=[
                    Line(Account.ACCOUNTS_RECEIVABLE, -amount, books.north, invoice_id=invoice.id),
                    Line(other, amount, books.north, **key),
                ],
            )

        memo(400, LedgerEvent.CREDIT_MEMO_ISSUED, Account.CREDIT_MEMOS)
    assert _blockers(database, books) == {"credit_memo_not_paid_out": 1}
    with database.session(org_id=books.org_id) as session:
        memo(-400, LedgerEvent.CREDIT_PAID_OUT, Account.ACCOUNT_CREDIT, client_id=books.client_id)
    assert _close(database, books).day.status is DayStatus.CLOSED


def test_a_tip_without_a_provider_blocks(database: Database, books: Books) -> None:
    with database.session(org_id=books.org_id) as session:
        online = virtual_session(session, books.north, DrawerKind.ONLINE)
        pay(session, books, online.id, 1_000, tip_minor=200, tip_provider=False, tender=Tender.CARD)
    assert _blockers(database, books) == {"tip_without_provider": 1}


def test_nothing_of_a_closed_day_changes(database: Database, books: Books) -> None:
    with database.session(org_id=books.org_id) as session:
        online = virtual_session(session, books.north, DrawerKind.ONLINE)
        invoice = bill(session, books, 1_000)
        payment = pay(session, books, online.id, 1_000, tender=Tender.CARD, invoice_id=invoice.id)
    _close(database, books)
    changes = [
        "update invoice set status = 'voided' where id = :invoice",
        "update payment set amount_minor = 900 where id = :payment",
        "update payment set status = 'declined', business_date = null where id = :payment",
        "update day_close_figure set amount_minor = 0 where org_id = :org",
        "delete from day_close_figure where org_id = :org",
        "update business_day set status = 'open', figures_sha256 = null where org_id = :org",
        "delete from business_day where org_id = :org",
    ]
    ids = {"invoice": invoice.id, "payment": payment.id, "org": books.org_id}
    for role in ("app", "owner"):
        for change in changes:
            with pytest.raises(DBAPIError) as raised, database.session(role, books.org_id) as session:
                session.execute(text(change), ids)
            assert getattr(raised.value.orig, "sqlstate", None) in ("MS004", "MS006", "42501"), change
    late = _refused(database, books, lambda s: make_invoice(s, books, TODAY))
    assert late.code == "day-closed"
    with database.session(org_id=books.org_id) as session:
        assert open_business_date(session, books.north) == NEXT
        day = session.scalars(
            select(BusinessDay).where(
                BusinessDay.org_id == books.org_id,
                BusinessDay.location_id == books.north,
                BusinessDay.business_date == TODAY,
            )
        ).one()
        assert is_intact(session, day)


def test_a_location_out_of_scope_shows_nothing(database: Database, books: Books) -> None:
    with (
        pytest.raises(DBAPIError) as raised,
        database.session(org_id=books.org_id, locations=[books.south]) as session,
    ):
        session.execute(text("select * from day_figures(:id, :day)"), {"id": books.north, "day": TODAY})
    assert getattr(raised.value.orig, "sqlstate", None) == "MS003"
