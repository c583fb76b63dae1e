"""What a posting may not do: other organizations, liabilities below zero, changes, closed days."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError, NotFound
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account
from operational.ledger import balances
from operational.ledger.days import ensure_open, open_business_date
from operational.ledger.post import Line, across_locations, reverse
from tests.factories.ledger import NOON, TODAY, Books, make_books, make_invoice, make_location
from tests.integration.ledger.test_posting import _post, _refused
from tests.support.databases import Database


def test_another_organizations_records_are_unknown(database: Database, books: Books) -> None:
    with database.session("owner") as session:
        others = make_books(session, "others")
    lines = [
        Line(Account.CASH_DRAWER, 5, books.north),
        Line(Account.CLIENT_DEPOSITS, -5, books.north, client_id=others.client_id),
    ]
    assert _refused(database, books, lambda session: _post(session, lines)).code == "wrong-books"
    foreign = [Line(Account.CASH_DRAWER, 5, others.north), Line(Account.BANK, -5, others.north)]
    assert _refused(database, books, lambda session: _post(session, foreign)).code == "wrong-books"
    with database.session(org_id=books.org_id) as session, pytest.raises(NotFound):
        balances.lock_client(session, others.client_id)


def test_liabilities_never_go_below_zero(database: Database, books: Books) -> None:
    def spend(amount: int, **key: uuid.UUID) -> DomainError:
        account = Account.GIFT_CARDS if "gift_card_id" in key else Account.ACCOUNT_CREDIT
        lines = [Line(account, amount, books.north, **key), Line(Account.BANK, -amount, books.north)]
        return _refused(database, books, lambda session: _post(session, lines))

    with clock.frozen(NOON), database.session(org_id=books.org_id) as session:
        for account, key in (
            (Account.GIFT_CARDS, {"gift_card_id": books.gift_card_id}),
            (Account.ACCOUNT_CREDIT, {"client_id": books.other_client_id}),
        ):
            _post(session, [Line(Account.BANK, 300, books.north), Line(account, -300, books.north, **key)])
    assert spend(301, gift_card_id=books.gift_card_id).code == "insufficient-balance"
    assert spend(301, client_id=books.other_client_id).code == "insufficient-balance"
    contract = new_id()
    lines = [
        Line(Account.DEFERRED_PACKAGES, 1, books.north, contract_id=contract),
        Line(Account.SERVICE_REVENUE, -1, books.north),
    ]
    # A contract that is nobody's holds nothing.
    assert _refused(database, books, lambda session: _post(session, lines)).code == "wrong-books"


def test_a_balance_belongs_to_the_location_that_took_it(database: Database, books: Books) -> None:
    with clock.frozen(NOON), database.session(org_id=books.org_id) as session:
        client = books.other_client_id
        _post(
            session,
            [
                Line(Account.BANK, 900, books.north),
                Line(Account.CLIENT_DEPOSITS, -900, books.north, client_id=client),
            ],
        )
        invoice = make_invoice(session, books, location_id=books.south)
        _post(
            session,
            [
                Line(Account.ACCOUNTS_RECEIVABLE, 900, books.south, invoice_id=invoice.id),
                Line(Account.SERVICE_REVENUE, -900, books.south),
            ],
        )
    used_elsewhere = [
        Line(Account.CLIENT_DEPOSITS, 900, books.south, client_id=client),
        Line(Account.ACCOUNTS_RECEIVABLE, -900, books.south, invoice_id=invoice.id),
    ]
    error = _refused(database, books, lambda session: _post(session, used_elsewhere))
    assert error.code == "insufficient-balance"
    with clock.frozen(NOON), database.session(org_id=books.org_id) as session:
        _post(
            session,
            across_locations(
                [
                    Line(Account.CLIENT_DEPOSITS, 900, books.north, client_id=client),
                    Line(Account.ACCOUNTS_RECEIVABLE, -900, books.south, invoice_id=invoice.id),
                ]
            ),
        )
        assert balances.invoice_open_minor(session, invoice.id) == 0
        assert balances.liability_minor(session, Account.CLIENT_DEPOSITS, client_id=client) == 0


def test_an_event_of_a_document_posts_once(database: Database, books: Books) -> None:
    source = new_id()
    lines = [Line(Account.CASH_DRAWER, 5, books.north), Line(Account.BANK, -5, books.north)]
    with clock.frozen(NOON), database.session(org_id=books.org_id) as session:
        _post(session, lines, source_id=source)
    again = _refused(database, books, lambda session: _post(session, lines, source_id=source))
    assert again.code == "already-posted"


def test_a_reversal_undoes_an_entry_once(database: Database, books: Books) -> None:
    lines = [Line(Account.CASH_IN_TRANSIT, 77, books.north), Line(Account.UNMATCHED_ITEMS, -77, books.north)]
    with clock.frozen(NOON), database.session(org_id=books.org_id) as session:
        entry = _post(session, lines)
        reverse(session, entry)
        left = session.execute(
            text("select sum(amount_minor) from posting where account = '1290'")
        ).scalar_one()
        assert left == 0
    assert _refused(database, books, lambda session: reverse(session, entry)).code == "already-posted"


@pytest.mark.parametrize("role", ["app", "owner"])
@pytest.mark.parametrize(
    "statement",
    [
        "update posting set amount_minor = amount_minor + 1",
        "delete from posting",
        "update journal_entry set event = 'reversal'",
        "delete from journal_entry",
        "truncate posting",
    ],
)
def test_nobody_changes_what_was_posted(database: Database, books: Books, role: str, statement: str) -> None:
    with clock.frozen(NOON), database.session(org_id=books.org_id) as session:
        _post(session, [Line(Account.CASH_DRAWER, 5, books.north), Line(Account.BANK, -5, books.north)])
    with database.session("owner") as session:
        before = session.execute(text("select count(*), sum(abs(amount_minor)) from posting")).one()
    with pytest.raises(DBAPIError) as raised, database.session(role, books.org_id) as session:
        session.execute(text(statement))
    assert getattr(raised.value.orig, "sqlstate", None) in ("MS006", "42501")
    with database.session("owner") as session:
        assert session.execute(text("select count(*), sum(abs(amount_minor)) from posting")).one() == before


def test_days_open_by_themselves_but_never_in_the_future(database: Database, books: Books) -> None:
    with clock.frozen(NOON), database.session(org_id=books.org_id) as session:
        assert open_business_date(session, books.south) == TODAY
        ensure_open(session, books.south, TODAY - timedelta(days=40))
    ahead = _refused(
        database, books, lambda session: ensure_open(session, books.south, TODAY + timedelta(days=1))
    )
    assert ahead.code == "day-not-begun"


def test_a_closed_day_takes_nothing_and_stays_closed(database: Database, books: Books) -> None:
    location = new_id()
    closed = TODAY - timedelta(days=1)
    lines = [Line(Account.CASH_DRAWER, 5, location), Line(Account.BANK, -5, location)]
    with database.session("owner") as session:
        session.add(make_location(books, location, "C"))
    with clock.frozen(NOON), database.session(org_id=books.org_id) as session:
        _post(session, lines, business_date=closed)
        session.execute(
            text(
                "update business_day set status = 'closed', figures_sha256 = 'x'"
                " where location_id = :location and business_date = :day"
            ),
            {"location": location, "day": closed},
        )

    def on(day: date) -> Callable[[Session], object]:
        return lambda session: _post(session, lines, business_date=day)

    assert _refused(database, books, on(closed)).code == "day-closed"
    assert _refused(database, books, on(closed - timedelta(days=3))).code == "day-closed"

    def reopen(session: Session) -> None:
        session.execute(
            text(
                "update business_day set status = 'open', figures_sha256 = null where location_id = :location"
            ),
            {"location": location},
        )

    assert _refused(database, books, reopen).code == "day-closed"
    with clock.frozen(NOON - timedelta(days=1)), database.session(org_id=books.org_id) as session:
        assert open_business_date(session, location) == TODAY
