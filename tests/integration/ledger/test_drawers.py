"""Drawers from float to count: the worked example of the metrics page, and what a desk gets wrong."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import DrawerKind, DrawerMovementKind, DrawerStatus, Permission, Tender
from operational.ledger import errors
from operational.ledger.drawer_count import count_session, deposit_minor
from operational.ledger.drawer_movements import record_movement
from operational.ledger.drawers import FloatSource, create_drawer, open_session, virtual_session
from operational.models import DrawerSession
from tests.factories.ledger import NOON, TODAY, Books, bill, pay
from tests.support.databases import Database

DAYS = count()
Desk = Callable[[Callable[[Session], object]], object]


@pytest.fixture(autouse=True)
def a_day_of_its_own() -> Iterator[None]:
    """Each test is a later day, with a drawer of its own, so that none depends on another."""
    with clock.frozen(NOON + timedelta(days=next(DAYS))):
        yield


@pytest.fixture
def drawer_id(database: Database, books: Books) -> uuid.UUID:
    with database.session(org_id=books.org_id) as session:
        return create_drawer(session, books.actor(), books.north, uuid.uuid4().hex).id


def _open(database: Database, books: Books, drawer_id: uuid.UUID, opening: int = 0) -> uuid.UUID:
    with database.session(org_id=books.org_id) as session:
        return open_session(session, books.actor(), drawer_id, opening).id


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


def _posted(database: Database, source_ids: list[uuid.UUID]) -> dict[str, int]:
    """Account → sum of what the documents posted."""
    with database.session("owner") as session:
        rows = session.execute(
            text(
                "select p.account, sum(p.amount_minor)::bigint from posting p"
                " join journal_entry e on e.org_id = p.org_id and e.id = p.entry_id"
                " where e.source_id = any(:ids) group by 1 having sum(p.amount_minor) <> 0"
            ),
            {"ids": source_ids},
        ).all()
    return {row[0]: row[1] for row in rows}


# 941.35 in notes and coins.
COUNTED = {10_000: 9, 2_000: 2, 100: 1, 25: 1, 10: 1}


def test_the_worked_example(database: Database, books: Books, drawer_id: uuid.UUID) -> None:
    session_id = _open(database, books, drawer_id, 25_000)
    with database.session(org_id=books.org_id) as session:
        invoice = bill(session, books, 60_000)
        # 686.99 received: a sale, a tip on it, and a deposit.
        pay(session, books, session_id, 63_500, tip_minor=3_500, invoice_id=invoice.id)
        pay(session, books, session_id, 5_199)
    with database.session(org_id=books.org_id) as session:
        counted = count_session(session, books.actor(), session_id, COUNTED, 25_000)
        assert counted.expected_minor == 93_699
        assert counted.counted_minor == 94_135
        assert counted.over_short_minor == 436
        assert deposit_minor(counted) == 69_135
    assert _posted(database, [session_id]) == {
        "1000": 25_000 + 436 - 69_135, "1005": 69_135, "1200": -25_000, "6000": -436
    }  # fmt: skip


def test_every_movement_counts_once(database: Database, books: Books, drawer_id: uuid.UUID) -> None:
    session_id = _open(database, books, drawer_id, 10_000)
    kinds = DrawerMovementKind
    with database.session(org_id=books.org_id) as session:
        actor = books.actor()
        pay(session, books, session_id, 20_000, tip_minor=2_000)
        record_movement(session, actor, session_id, kinds.PAID_IN, 5_000, "bank")
        record_movement(session, actor, session_id, kinds.PAID_OUT, 1_000, "supplies")
        record_movement(session, actor, session_id, kinds.DROP, 12_000, "safe")
        record_movement(session, actor, session_id, kinds.TIPS_PAID, 2_000, "tips", books.staff_id)
    with database.session(org_id=books.org_id) as session:
        counted = count_session(session, books.actor(), session_id, {10_000: 2}, 0)
        # 100 + 200 + 50 − 10 − 120 − 20 = 200.
        assert (counted.expected_minor, counted.over_short_minor) == (20_000, 0)
    assert _posted(database, [session_id]) == {"1000": -10_000, "1005": 20_000, "1200": -10_000}


def test_short_cash_is_posted_the_other_way(database: Database, books: Books, drawer_id: uuid.UUID) -> None:
    session_id = _open(database, books, drawer_id, 1_000)
    with database.session(org_id=books.org_id) as session:
        count_session(session, books.actor(), session_id, {500: 1}, 500)
    assert _posted(database, [session_id]) == {"1000": 500, "1200": -1_000, "6000": 500}


def test_a_float_left_over_night_posts_nothing(
    database: Database, books: Books, drawer_id: uuid.UUID
) -> None:
    first = _open(database, books, drawer_id, 20_000)
    with database.session(org_id=books.org_id) as session:
        count_session(session, books.actor(), first, {10_000: 2}, 20_000)
    second = _open(database, books, drawer_id, 20_000)
    assert _posted(database, [second]) == {}
    with database.session(org_id=books.org_id) as session:
        count_session(session, books.actor(), second, {10_000: 2}, 20_000)
    error = _refused(database, books, lambda s: open_session(s, books.actor(), drawer_id, 15_000))
    assert error.code == "float-differs"
    with database.session(org_id=books.org_id) as session:
        third = open_session(session, books.actor(), drawer_id, 15_000, FloatSource.SAFE).id
    assert _posted(database, [third]) == {"1000": -5_000, "1005": 5_000}
    with database.session("owner") as session:
        held = session.execute(
            text(
                "select sum(p.amount_minor) from posting p join journal_entry e"
                " on e.org_id = p.org_id and e.id = p.entry_id"
                " where p.account = '1000' and e.source_id = any(:ids)"
            ),
            {"ids": [first, second, third]},
        ).scalar_one()
    assert held == 15_000


def test_two_sessions_of_a_drawer_are_never_open(
    database: Database, books: Books, drawer_id: uuid.UUID
) -> None:
    _open(database, books, drawer_id)
    error = _refused(database, books, lambda s: open_session(s, books.actor(), drawer_id, 0))
    assert error.code == "drawer-already-open"


def test_a_counted_session_takes_nothing_more(database: Database, books: Books, drawer_id: uuid.UUID) -> None:
    session_id = _open(database, books, drawer_id)
    with database.session(org_id=books.org_id) as session:
        count_session(session, books.actor(), session_id, {}, 0)
    actor = books.actor()
    attempts: list[Callable[[Session], object]] = [
        lambda s: pay(s, books, session_id, 100),
        lambda s: record_movement(s, actor, session_id, DrawerMovementKind.PAID_IN, 100, "bank"),
        lambda s: count_session(s, actor, session_id, {}, 0),
        lambda s: s.execute(
            text("update drawer_session set counted_minor = 5, over_short_minor = 5 where id = :id"),
            {"id": session_id},
        ),
    ]
    for attempt in attempts:
        assert _refused(database, books, attempt).code == "drawer-session-not-open"


def test_cash_of_another_day_or_place_needs_its_own_session(
    database: Database, books: Books, drawer_id: uuid.UUID
) -> None:
    session_id = _open(database, books, drawer_id)
    with clock.frozen(clock.now() + timedelta(days=1)):
        error = _refused(database, books, lambda s: pay(s, books, session_id, 100))
    assert error.code == "drawer-session-not-open"
    elsewhere = _refused(database, books, lambda s: pay(s, books, session_id, 100, location_id=books.south))
    assert elsewhere.code == "drawer-session-not-open"
    unknown = _refused(database, books, lambda s: pay(s, books, new_id(), 100))
    assert unknown.code == "drawer-session-not-open"


def test_virtual_sessions_take_cards_and_roll_over_by_themselves(database: Database, books: Books) -> None:
    with database.session(org_id=books.org_id) as session:
        online = virtual_session(session, books.north, DrawerKind.ONLINE).id
        assert virtual_session(session, books.north, DrawerKind.ONLINE).id == online
        assert virtual_session(session, books.north, DrawerKind.BILLING).id != online
        pay(session, books, online, 900, tender=Tender.CARD)
    error = _refused(database, books, lambda s: pay(s, books, online, 100))
    assert error.code == "drawer-session-not-open"
    with (
        clock.frozen(clock.now() + timedelta(days=1)),
        database.session(org_id=books.org_id) as session,
    ):
        assert virtual_session(session, books.north, DrawerKind.ONLINE).id != online
        before = session.get(DrawerSession, (books.org_id, online))
        assert before is not None
        assert (before.status, before.expected_minor) == (DrawerStatus.CLOSED, 0)


@pytest.mark.parametrize(
    ("kind", "amount", "reason", "provider", "code"),
    [
        (DrawerMovementKind.PAID_IN, 0, "bank", False, "invalid"),
        (DrawerMovementKind.PAID_IN, -5, "bank", False, "invalid"),
        (DrawerMovementKind.PAID_OUT, 5, "bank", False, "invalid"),
        (DrawerMovementKind.DROP, 5, "safe", True, "invalid"),
        (DrawerMovementKind.TIPS_PAID, 5, "tips", False, "invalid"),
        (DrawerMovementKind.TIPS_PAID, 99_999, "tips", True, "tips-exceeded"),
        (DrawerMovementKind.DROP, 1_001, "safe", False, "not-enough-cash"),
    ],
)
def test_movements_that_cannot_be(
    database: Database,
    books: Books,
    drawer_id: uuid.UUID,
    kind: DrawerMovementKind,
    amount: int,
    reason: str,
    provider: bool,
    code: str,
) -> None:
    session_id = _open(database, books, drawer_id, 1_000)
    who = books.staff_id if provider else None
    error = _refused(
        database, books, lambda s: record_movement(s, books.actor(), session_id, kind, amount, reason, who)
    )
    assert error.code == code
    with database.session(org_id=books.org_id) as session:
        assert (
            session.execute(
                text("select count(*) from drawer_movement where drawer_session_id = :id"), {"id": session_id}
            ).scalar_one()
            == 0
        )


@pytest.mark.parametrize(
    ("pieces", "left"),
    [({3: 1}, 0), ({-100: 1}, 0), ({100: -1}, 0), ({100: 10**9}, 0), ({100: 1}, 101), ({100: 1}, -1)],
)
def test_counts_that_cannot_be(
    database: Database, books: Books, drawer_id: uuid.UUID, pieces: dict[int, int], left: int
) -> None:
    session_id = _open(database, books, drawer_id)
    error = _refused(database, books, lambda s: count_session(s, books.actor(), session_id, pieces, left))
    assert error.code == "invalid"


def test_permission_is_that_of_the_location(database: Database, books: Books, drawer_id: uuid.UUID) -> None:
    elsewhere = books.actor(Permission.DRAWER_OPERATE, location_id=books.south)
    error = _refused(database, books, lambda s: open_session(s, elsewhere, drawer_id, 0))
    assert error.code == "forbidden"
    session_id = _open(database, books, drawer_id)
    assert _refused(database, books, lambda s: count_session(s, elsewhere, session_id, {}, 0)).status == 403
    with database.session(org_id=books.org_id) as session:
        found = session.get(DrawerSession, (books.org_id, session_id))
        assert found is not None
        assert found.status is DrawerStatus.OPEN
        assert found.business_date >= TODAY
