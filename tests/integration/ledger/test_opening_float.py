"""A float that is not what was left: put to over/short, it is the session's and the day's; else it is not."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from operational.ledger.close_figures import figures_of
from operational.ledger.drawer_count import count_session
from operational.ledger.drawers import FloatSource, open_session
from operational.models import DrawerSession
from tests.factories.ledger import Books
from tests.integration.ledger.test_drawers import (
    _open,
    _posted,
    a_day_of_its_own,
    drawer_id,
)
from tests.support.databases import Database

__all__ = ["a_day_of_its_own", "drawer_id"]


@pytest.mark.parametrize(("found", "counted"), [(19_500, 19_600), (20_300, 20_300), (20_000, 19_900)])
def test_what_the_opening_finds_is_in_the_sessions_over_short_and_the_days(
    database: Database, books: Books, drawer_id: uuid.UUID, found: int, counted: int
) -> None:
    """200.00 was left over night. Over/short is what the books say was lost or won: account 6000."""
    first = _open(database, books, drawer_id, 20_000)
    with database.session(org_id=books.org_id) as session:
        count_session(session, books.actor(), first, {10_000: 2}, 20_000)
        second = open_session(session, books.actor(), drawer_id, found, FloatSource.OVER_SHORT).id
    with database.session(org_id=books.org_id) as session:
        held = session.get_one(DrawerSession, (books.org_id, second))
        assert (held.opening_over_short_minor, held.over_short_minor) == (found - 20_000, None)
        done = count_session(session, books.actor(), second, {100: counted // 100}, counted)
        assert (done.expected_minor, done.counted_minor) == (found, counted)
        assert done.over_short_minor == counted - 20_000
    assert _posted(database, [second]).get("6000", 0) == 20_000 - counted
    with database.session(org_id=books.org_id) as session:
        figures = {
            one[0]: one[2]
            for one in figures_of(session, books.north, done.business_date)
            if one[0] == "over_short"
        }
    assert figures == ({"over_short": counted - 20_000} if counted != 20_000 else {})


def test_a_float_that_came_from_the_safe_is_not_over(
    database: Database, books: Books, drawer_id: uuid.UUID
) -> None:
    first = _open(database, books, drawer_id, 20_000)
    with database.session(org_id=books.org_id) as session:
        count_session(session, books.actor(), first, {10_000: 2}, 20_000)
        opened = open_session(session, books.actor(), drawer_id, 25_000, FloatSource.SAFE)
        assert opened.opening_over_short_minor == 0
        done = count_session(session, books.actor(), opened.id, {10_000: 2, 5_000: 1}, 0)
        assert done.over_short_minor == 0


def test_what_the_opening_found_is_not_changed_afterwards(
    database: Database, books: Books, drawer_id: uuid.UUID
) -> None:
    session_id = _open(database, books, drawer_id, 20_000)
    with pytest.raises(DBAPIError) as refused, database.session("owner") as session:
        session.execute(
            text("update drawer_session set opening_over_short_minor = 1 where id = :id"), {"id": session_id}
        )
    assert getattr(refused.value.orig, "sqlstate", None) == "MS006"
