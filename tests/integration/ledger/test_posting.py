"""What a journal entry may and may not be, by the database's word."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError, Invalid, NotFound
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, LedgerEvent, SubledgerKey
from operational.ledger import balances, errors
from operational.ledger.post import Line, across_locations, post, reverse
from tests.factories.ledger import NOON, TODAY, Books, make_location
from tests.support.databases import Database


def _post(session: Session, lines: list[Line], **more: object) -> uuid.UUID:
    values = {"event": LedgerEvent.CUTOVER, "source_kind": "test", "source_id": new_id(), **more}
    return post(session, lines=lines, **values)  # type: ignore[arg-type]


def _refused(database: Database, books: Books, work: Callable[[Session], object]) -> DomainError:
    """The domain error that a transaction of the app ends with; it must not commit."""
    with (
        pytest.raises((DBAPIError, DomainError)) as raised,
        clock.frozen(NOON),
        database.session(org_id=books.org_id) as session,
    ):
        work(session)
    if isinstance(raised.value, DomainError):
        return raised.value
    mapped = errors.from_database(raised.value)
    assert mapped is not None, raised.value
    return mapped


def test_every_account_of_the_vocabulary_is_in_the_chart(database: Database) -> None:
    with database.session() as session:
        rows = session.execute(text("select code, required_key, may_go_negative from ledger_account")).all()
    assert {row.code for row in rows} == {account.value for account in Account}
    assert {row.required_key for row in rows} <= {key.value for key in SubledgerKey}
    assert {row.code for row in rows if not row.may_go_negative} == {"2100", "2110", "2200", "2300", "2310"}


def test_an_entry_is_one_statement_and_lands_on_the_open_day(database: Database, books: Books) -> None:
    with clock.frozen(NOON), database.session(org_id=books.org_id) as session:
        entry = _post(
            session,
            [
                Line(Account.CASH_DRAWER, 5_000, books.north),
                Line(Account.CASH_OVER_SHORT, 0, books.north),
                Line(Account.CLIENT_DEPOSITS, -5_000, books.north, client_id=books.client_id),
            ],
            staff_id=books.staff_id,
        )
    with database.session(org_id=books.org_id) as session:
        rows = session.execute(
            text("select * from posting where entry_id = :id order by line_no"), {"id": entry}
        ).all()
        assert [(row.account, row.amount_minor) for row in rows] == [("1000", 5_000), ("2100", -5_000)]
        assert {row.business_date for row in rows} == {TODAY}
        assert {(row.currency, row.legal_entity_id) for row in rows} == {("USD", books.entity_id)}
        assert balances.liability_minor(session, Account.CLIENT_DEPOSITS, client_id=books.client_id) == 5_000


def test_unbalanced_lines_are_refused_before_and_by_the_database(database: Database, books: Books) -> None:
    lines = [Line(Account.CASH_DRAWER, 5_000, books.north), Line(Account.BANK, -4_999, books.north)]
    assert _refused(database, books, lambda session: _post(session, lines)).code == "unbalanced-entry"

    def raw(session: Session) -> None:
        entry = _post(
            session, [Line(Account.CASH_DRAWER, 1, books.north), Line(Account.BANK, -1, books.north)]
        )
        session.execute(
            text(
                "insert into posting (org_id, id, entry_id, line_no, legal_entity_id, location_id,"
                " business_date, account, amount_minor, currency, created_at)"
                " select org_id, gen_random_uuid(), entry_id, 9, legal_entity_id, location_id,"
                " business_date, account, 1, currency, created_at from posting where entry_id = :id limit 1"
            ),
            {"id": entry},
        )

    assert _refused(database, books, raw).code == "unbalanced-entry"


def test_an_entry_without_postings_does_not_commit(database: Database, books: Books) -> None:
    def raw(session: Session) -> None:
        session.execute(
            text(
                "insert into journal_entry (org_id, id, event, source_kind, source_id, created_at)"
                " values (:org, gen_random_uuid(), 'cutover', 'test', gen_random_uuid(), now())"
            ),
            {"org": books.org_id},
        )

    assert _refused(database, books, raw).code == "unbalanced-entry"


def test_two_locations_balance_only_through_each_other(database: Database, books: Books) -> None:
    lines = [Line(Account.CASH_DRAWER, 700, books.south), Line(Account.BANK, -700, books.north)]
    assert _refused(database, books, lambda session: _post(session, lines)).code == "unbalanced-entry"
    with clock.frozen(NOON), database.session(org_id=books.org_id) as session:
        entry = _post(session, across_locations(lines))
    with database.session(org_id=books.org_id) as session:
        rows = session.execute(
            text(
                "select account, location_id, other_location_id, amount_minor"
                " from posting where entry_id = :id"
            ),
            {"id": entry},
        ).all()
        between = {
            (row.account, row.location_id, row.other_location_id, row.amount_minor)
            for row in rows
            if row.account in ("1900", "2900")
        }
        assert between == {
            ("1900", books.north, books.south, 700),
            ("2900", books.south, books.north, -700),
        }
        due = session.execute(
            text("select sum(amount_minor) from posting where account in ('1900', '2900')")
        ).scalar_one()
        assert due == 0


def test_a_half_without_its_other_half_is_refused(database: Database, books: Books) -> None:
    lines = [
        Line(Account.CASH_DRAWER, 700, books.south),
        Line(Account.DUE_TO_LOCATIONS, -700, books.south, other_location_id=books.north),
    ]
    assert _refused(database, books, lambda session: _post(session, lines)).code == "unbalanced-entry"


@pytest.mark.parametrize(
    ("account", "key"),
    [
        ("1100", "invoice_id"), ("2100", "client_id"), ("2110", "client_id"), ("2200", "gift_card_id"),
        ("2300", "contract_id"), ("2310", "contract_id"), ("2400", "jurisdiction_id"),
        ("2500", "provider_id"), ("1020", "merchant_account_id"), ("1030", "programme_id"),
        ("1900", "other_location_id"), ("2900", "other_location_id"),
    ],
)  # fmt: skip
def test_a_posting_needs_the_key_of_its_account(
    database: Database, books: Books, account: str, key: str
) -> None:
    lines = [Line(Account(account), -5, books.north), Line(Account.BANK, 5, books.north)]
    error = _refused(database, books, lambda session: _post(session, lines))
    assert error.code == "missing-subledger-key"
    assert key in error.detail


def test_books_are_the_locations_own(database: Database, books: Books) -> None:
    with database.session("owner") as session:
        euro = make_location(books, new_id(), "E", currency="EUR")
        session.add(euro)

    def at_unknown_location(session: Session) -> None:
        nowhere = new_id()
        _post(session, [Line(Account.CASH_DRAWER, 5, nowhere), Line(Account.BANK, -5, nowhere)])

    def in_another_currency(session: Session) -> None:
        entry = _post(
            session, [Line(Account.CASH_DRAWER, 5, books.north), Line(Account.BANK, -5, books.north)]
        )
        session.execute(
            text(
                "insert into posting (org_id, id, entry_id, line_no, legal_entity_id, location_id,"
                " business_date, account, amount_minor, currency, created_at)"
                " select org_id, gen_random_uuid(), entry_id, line_no + 9, legal_entity_id, location_id,"
                " business_date, account, amount_minor, 'EUR', created_at from posting where entry_id = :id"
            ),
            {"id": entry},
        )

    def across_currencies(session: Session) -> None:
        lines = [Line(Account.CASH_DRAWER, 5, euro.id), Line(Account.BANK, -5, books.north)]
        _post(session, across_locations(lines))

    assert _refused(database, books, at_unknown_location).code == "wrong-books"
    assert _refused(database, books, in_another_currency).code == "wrong-books"
    assert _refused(database, books, across_currencies).code == "unbalanced-entry"


def test_bad_amounts_and_unknown_ids(database: Database, books: Books) -> None:
    nothing = [Line(Account.CASH_DRAWER, 0, books.north), Line(Account.BANK, 0, books.north)]
    with clock.frozen(NOON), database.session(org_id=books.org_id) as session:
        with pytest.raises(Invalid):
            _post(session, nothing)
        with pytest.raises(Invalid):
            _post(session, [Line(Account.CASH_DRAWER, 1.5, books.north)])  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            reverse(session, new_id())
        with pytest.raises(NotFound):
            balances.lock_client(session, new_id())
        with pytest.raises(NotFound):
            balances.lock_invoice(session, new_id())
        with pytest.raises(Invalid):
            balances.liability_minor(session, Account.CLIENT_DEPOSITS)
    stranger = [
        Line(Account.CASH_DRAWER, 5, books.north),
        Line(Account.CLIENT_DEPOSITS, -5, books.north, client_id=new_id()),
    ]
    assert _refused(database, books, lambda session: _post(session, stranger)).code == "wrong-books"
