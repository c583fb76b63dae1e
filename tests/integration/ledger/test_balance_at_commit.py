"""An entry may be written in pieces, by whoever may write; it commits only when the whole balances.

Every script runs in plain SQL as the app and as the owner: nothing here goes through `post`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from medspa.kernel.ids import new_id
from tests.factories.ledger import NOON, TODAY, Books, make_location
from tests.support.databases import Database

UNBALANCED = "MS001"
HEAD = (
    "insert into journal_entry (org_id, id, event, source_kind, source_id, created_at)"
    " values (%(org)s, %(entry)s, 'cutover', 'test', gen_random_uuid(), now())"
)
LINES = (
    "insert into posting (org_id, id, entry_id, line_no, legal_entity_id, location_id, business_date,"
    " account, amount_minor, currency, created_at)"
    " select %(org)s, gen_random_uuid(), x.entry, x.no, %(entity)s, x.place, %(day)s, '1200', x.amount,"
    " x.currency, now() from jsonb_to_recordset(%(lines)s)"
    " as x (entry uuid, no smallint, place uuid, amount bigint, currency text)"
)


class Writer:
    """One transaction of a role, writing the parts of one entry, or of two."""

    def __init__(self, connection: psycopg.Connection, books: Books) -> None:
        self._connection = connection
        self._books = books
        self._number = 0
        self.entries = [new_id(), new_id()]
        connection.execute("select set_config('medspa.org_id', %s, true)", [str(books.org_id)])

    def run(self, statement: str) -> None:
        self._connection.execute(statement)

    def head(self, which: int = 0) -> None:
        self._connection.execute(HEAD, {"org": self._books.org_id, "entry": self.entries[which]})

    def add(self, *amounts: int, place: uuid.UUID | None = None, currency: str = "USD") -> None:
        """Postings of the first entry in one statement."""
        self.add_to(*((0, amount) for amount in amounts), place=place, currency=currency)

    def add_to(self, *parts: tuple[int, int], place: uuid.UUID | None = None, currency: str = "USD") -> None:
        """Postings of (entry, amount) in one statement."""
        lines = []
        for which, amount in parts:
            self._number += 1
            where = {"place": str(place or self._books.north), "currency": currency}
            lines.append({"entry": str(self.entries[which]), "no": self._number, "amount": amount, **where})
        values = {"org": self._books.org_id, "entity": self._books.entity_id, "day": TODAY}
        self._connection.execute(LINES, {**values, "lines": json.dumps(lines)})


@pytest.fixture(scope="module")
def euro(operational_module: Database, books: Books) -> uuid.UUID:
    """A location with another currency; all three locations have the day open."""
    with operational_module.session("owner") as session:
        location = make_location(books, new_id(), "E", currency="EUR")
        session.add(location)
    connection = operational_module.connect("owner", autocommit=True)
    for place in (books.north, books.south, location.id):
        connection.execute(
            "insert into business_day (org_id, id, location_id, business_date, status, created_at)"
            " values (%s, %s, %s, %s, 'open', %s)",
            (books.org_id, new_id(), place, TODAY, NOON),
        )
    return location.id


@pytest.fixture(params=["app", "owner"])
def connection(
    request: pytest.FixtureRequest, database: Database, euro: uuid.UUID
) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.dsn(request.param)) as opened:
        yield opened
        opened.rollback()


def _whole(one: Writer) -> None:
    one.head()
    one.add(500, -300, -200)


def _in_two_statements(one: Writer) -> None:
    one.head()
    one.add(500)
    one.add(-300, -200)


def _both_halves_before_the_check(one: Writer) -> None:
    _in_two_statements(one)
    one.run("set constraints all immediate")


def _excess_that_is_rolled_back(one: Writer) -> None:
    _whole(one)
    one.run("savepoint before")
    one.add(7)
    one.run("rollback to savepoint before")


def _two_entries_at_once(one: Writer) -> None:
    one.head(0)
    one.head(1)
    one.add_to((0, 5), (1, 9), (0, -5))
    one.add_to((1, -9))


BALANCED = [
    _whole, _in_two_statements, _both_halves_before_the_check, _excess_that_is_rolled_back,
    _two_entries_at_once,
]  # fmt: skip


@pytest.mark.parametrize("script", BALANCED)
def test_what_balances_in_the_end_commits(
    connection: psycopg.Connection, database: Database, books: Books, script: Callable[[Writer], None]
) -> None:
    writer = Writer(connection, books)
    script(writer)
    connection.commit()
    assert _sums(database, writer)[0] == 0


def _half(one: Writer) -> None:
    one.head()
    one.add(500)


def _an_empty_entry(one: Writer) -> None:
    one.head()


def _more_to_a_whole_entry(one: Writer) -> None:
    _whole(one)
    one.add(1)


def _other_half_rolled_back(one: Writer) -> None:
    _half(one)
    one.run("savepoint before")
    one.add(-500)
    one.run("rollback to savepoint before")


def _other_half_checked_and_rolled_back(one: Writer) -> None:
    _half(one)
    one.run("savepoint before")
    one.add(-500)
    one.run("set constraints all immediate")
    one.run("rollback to savepoint before")


def _half_in_a_released_savepoint(one: Writer) -> None:
    one.head()
    one.run("savepoint before")
    one.add(500)
    one.run("release savepoint before")


def _more_after_a_check_that_passed(one: Writer) -> None:
    _in_two_statements(one)
    one.run("set constraints all immediate")
    one.run("set constraints all deferred")
    one.add(1)


def _two_entries_that_only_balance_together(one: Writer) -> None:
    one.head(0)
    one.head(1)
    one.add_to((0, 5), (1, -5))


def _across_locations_only(books: Books, euro: uuid.UUID) -> Callable[[Writer], None]:
    def script(one: Writer) -> None:
        one.head()
        one.add(5)
        one.add(-5, place=books.south)

    return script


def _in_two_currencies(books: Books, euro: uuid.UUID) -> Callable[[Writer], None]:
    def script(one: Writer) -> None:
        one.head()
        one.add(5, -5)
        one.add(5, -5, place=euro, currency="EUR")

    return script


LEFT_UNBALANCED = [
    _half, _an_empty_entry, _more_to_a_whole_entry, _other_half_rolled_back,
    _other_half_checked_and_rolled_back, _half_in_a_released_savepoint, _more_after_a_check_that_passed,
    _two_entries_that_only_balance_together,
]  # fmt: skip


@pytest.mark.parametrize("script", [*LEFT_UNBALANCED, _across_locations_only, _in_two_currencies])
def test_what_does_not_balance_is_refused_at_the_commit(
    connection: psycopg.Connection, database: Database, books: Books, euro: uuid.UUID, script: Any
) -> None:
    writer = Writer(connection, books)
    (script if script in LEFT_UNBALANCED else script(books, euro))(writer)
    with pytest.raises(psycopg.Error) as refused:
        connection.commit()
    assert refused.value.sqlstate == UNBALANCED
    assert _sums(database, writer) == (None, 0)


def test_made_immediate_the_half_itself_is_refused(connection: psycopg.Connection, books: Books) -> None:
    for before in (True, False):
        writer = Writer(connection, books)
        _whole(writer)
        if before:
            connection.execute("set constraints all immediate")
        else:
            writer.add(1)
        with pytest.raises(psycopg.Error) as refused:
            writer.add(1) if before else connection.execute("set constraints all immediate")
        assert refused.value.sqlstate == UNBALANCED
        connection.rollback()


def test_an_old_entry_takes_no_unbalanced_addition(
    connection: psycopg.Connection, database: Database, books: Books
) -> None:
    writer = Writer(connection, books)
    _whole(writer)
    connection.commit()
    again = Writer(connection, books)
    again.entries = writer.entries
    again._number = 10
    again.add(1)
    with pytest.raises(psycopg.Error) as refused:
        connection.commit()
    assert refused.value.sqlstate == UNBALANCED
    assert _sums(database, writer) == (0, 0)


def test_many_at_once_with_one_that_is_off_are_refused_together(database: Database, books: Books) -> None:
    """The function of what is moved in, called without the checks of `post_many`."""
    entries = [str(new_id()) for _ in range(200)]
    heads = [
        {"id": one, "event": "cutover", "source_kind": "test", "source_id": str(new_id())} for one in entries
    ]
    day, place = TODAY.isoformat(), str(books.north)
    lines = [
        {"id": str(new_id()), "entry_id": one, "line_no": no, "business_date": day, "account": "1200",
         "amount_minor": amount, "location_id": place}
        for one in entries for no, amount in ((1, 100), (2, -100))
    ]  # fmt: skip
    lines[301]["amount_minor"] = -99
    with psycopg.connect(database.dsn("app")) as app:
        app.execute("select set_config('medspa.org_id', %s, true)", [str(books.org_id)])
        app.execute("select ledger_post_many(%s, %s, now())", (json.dumps(heads), json.dumps(lines)))
        with pytest.raises(psycopg.Error) as refused:
            app.commit()
    assert refused.value.sqlstate == UNBALANCED


def test_nobody_but_its_owner_reaches_what_is_to_be_looked_at_again(database: Database, books: Books) -> None:
    with psycopg.connect(database.dsn("app")) as app:
        for statement in ("delete from ledger.unbalanced", "select ledger_balance_of(null, null)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement)
            app.rollback()


def _sums(database: Database, writer: Writer) -> tuple[int | None, int]:
    """What the first entry sums to (None: it is not there), and what was left to be looked at again."""
    with psycopg.connect(database.dsn("owner")) as owner:
        found = owner.execute(
            "select (select sum(amount_minor) from posting where entry_id = %s),"
            " (select count(*) from ledger.unbalanced)",
            (writer.entries[0],),
        ).fetchone()
    assert found is not None
    return (None if found[0] is None else int(found[0])), found[1]
