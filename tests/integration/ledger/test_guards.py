"""The guards guard themselves: blind checks refuse, and migrating again changes no books."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, LedgerEvent
from operational.ledger.errors import from_database
from operational.ledger.post import Line, post
from operational.migrations.runner import migrate
from tests.factories.ledger import NOON, Books, make_books
from tests.support.databases import Database


@pytest.fixture
def books(operational: Database) -> Books:
    with operational.session("owner") as session:
        return make_books(session)


def _deposit(database: Database, books: Books, amount: int) -> None:
    with clock.frozen(NOON), database.session(org_id=books.org_id) as session:
        post(
            session,
            event=LedgerEvent.CUTOVER,
            source_kind="test",
            source_id=new_id(),
            lines=[
                Line(Account.BANK, amount, books.north),
                Line(Account.CLIENT_DEPOSITS, -amount, books.north, client_id=books.client_id),
            ],
        )


@pytest.mark.parametrize(
    "blindfold",
    [
        "drop policy owner_all on posting",
        "drop policy owner_all on location",
        "drop policy owner_all on business_day",
        "drop policy owner_all on client",
    ],
)
def test_a_check_that_cannot_see_refuses(operational: Database, books: Books, blindfold: str) -> None:
    _deposit(operational, books, 500)
    with operational.session("owner") as session:
        session.execute(text(blindfold))
    with pytest.raises((DBAPIError, DomainError)) as raised:
        _deposit(operational, books, -400)
    error = raised.value
    refused = error if isinstance(error, DomainError) else from_database(error)
    assert refused is not None
    assert refused.code in ("unbalanced-entry", "insufficient-balance", "wrong-books", "day-closed")


def test_migrating_again_keeps_books_and_guards(operational: Database, books: Books) -> None:
    _deposit(operational, books, 500)
    query = text(
        "select (select count(*) from posting), (select count(*) from ledger_account),"
        " (select max(changed_xid) from ledger_account),"
        " (select count(*) from pg_trigger where not tgisinternal)"
    )
    with operational.session("owner") as session:
        before = session.execute(query).one()
    migrate(operational.dsn("owner"))
    with operational.session("owner") as session:
        assert session.execute(query).one() == before
    with pytest.raises(DBAPIError) as raised:
        _deposit(operational, books, -501)
    assert getattr(raised.value.orig, "sqlstate", None) == "MS005"
