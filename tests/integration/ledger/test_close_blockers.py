"""What stands in the way of closing a day, and what a closed day keeps."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    Account,
    AppointmentStatus,
    DayStatus,
    DrawerKind,
    LedgerEvent,
    PaymentStatus,
    Tender,
)
from operational.ledger.close_figures import is_intact
from operational.ledger.days import open_business_date
from operational.ledger.drawers import open_session, virtual_session
from operational.ledger.post import Line, post
from operational.models import BusinessDay, InvoiceLine
from tests.factories.close import add_line, chart, make_service, make_visit, unresolved_card
from tests.factories.ledger import NOON, TODAY, Books, bill, make_books, make_invoice, pay
from tests.integration.ledger.test_close import NEXT, _as_owner, _blockers, _close, _refused
from tests.support.databases import Database

pytestmark = pytest.mark.usefixtures("at_noon")


@pytest.fixture
def books(operational_module: Database) -> Books:
    """An organization per test."""
    with operational_module.session("owner") as session:
        return make_books(session)


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
