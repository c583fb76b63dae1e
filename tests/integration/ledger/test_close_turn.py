"""A close has its turn however busy the desks are: who comes after it waits for it, nobody is refused."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, DayStatus, LedgerEvent
from operational.ledger.balances import lock_client
from operational.ledger.close import close_day
from operational.ledger.close_figures import is_intact
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, post
from operational.models import BusinessDay, Posting
from tests.factories.ledger import NOON, TODAY, Books, make_books
from tests.support.databases import Database

DESKS = 4
WORK = 0.15
"""Seconds a desk holds the day: several desks overlap at every moment."""
PATIENCE_MS = 1_500
"""How long the close waits for a lock: many times a desk's work."""
GIVEN_UP_MS = 4_000
"""The end of a close that starves: each desk that passes it begins a new wait for a lock."""
NEXT = TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def books(operational: Database) -> Books:
    """Books whose day has begun."""
    with operational.session("owner") as session:
        made = make_books(session)
    _one_posting(operational, made)
    return made


def _post(session: Session, location_id: uuid.UUID) -> None:
    lines = [Line(Account.CASH_DRAWER, 100, location_id), Line(Account.BANK, -100, location_id)]
    post(session, event=LedgerEvent.CUTOVER, source_kind="test", source_id=new_id(), lines=lines)


@dataclass
class Stream:
    """Desks that post one after the other, each holding the day for a while."""

    database: Database
    books: Books
    stop: threading.Event = field(default_factory=threading.Event)
    done: list[date] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def work(self, delay: float) -> None:
        time.sleep(delay)
        while not self.stop.is_set():
            try:
                with self.database.session(org_id=self.books.org_id) as session:
                    day = open_business_date(session, self.books.north)
                    _post(session, self.books.north)
                    time.sleep(WORK)
                self.done.append(day)
            except DBAPIError as error:
                self.failed.append(str(getattr(error.orig, "sqlstate", error)))


@contextmanager
def stream(database: Database, books: Books) -> Iterator[Stream]:
    desks = Stream(database, books)
    with ThreadPoolExecutor(max_workers=DESKS) as pool:
        running = [pool.submit(desks.work, number * WORK / DESKS) for number in range(DESKS)]
        try:
            yield desks
        finally:
            desks.stop.set()
        for one in running:
            one.result(timeout=30)


def _close(database: Database, books: Books) -> str:
    """`ok` and how it ended otherwise."""
    try:
        with database.session(org_id=books.org_id) as session:
            session.execute(text(f"set local lock_timeout = {PATIENCE_MS}"))
            session.execute(text(f"set local statement_timeout = {GIVEN_UP_MS}"))
            close_day(session, books.actor(), books.north, TODAY)
    except DBAPIError as error:
        return str(getattr(error.orig, "sqlstate", error))
    return "ok"


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_close_comes_through_a_stream_of_postings(operational: Database, books: Books) -> None:
    with stream(operational, books) as desks:
        _until(lambda: len(desks.done) >= DESKS)
        began = time.monotonic()
        ended = _close(operational, books)
        waited = time.monotonic() - began
        before = len(desks.done)
        _until(lambda: len(desks.done) >= before + DESKS)
    assert ended == "ok"
    # The work of the desks that were ahead of it, and its own.
    assert waited < GIVEN_UP_MS / 1000
    assert desks.failed == []
    assert desks.done[-1] == NEXT
    with operational.session(org_id=books.org_id) as session:
        row = session.scalars(select(BusinessDay).where(BusinessDay.business_date == TODAY)).one()
        assert row.status is DayStatus.CLOSED
        assert is_intact(session, row)
        days = session.scalars(select(Posting.business_date)).all()
    assert len(days) == 2 * (1 + len(desks.done))
    assert sorted(set(days)) == [TODAY, NEXT]


def test_control_without_its_turn_a_close_starves(operational: Database, books: Books) -> None:
    """Row locks alone: those who share a row pass whoever waits to have it for himself."""
    with operational.session("owner") as session:
        source = session.execute(
            text("select pg_get_functiondef('ledger_join_day(uuid, uuid)'::regprocedure)")
        ).scalar_one()
        guard = "pg_advisory_xact_lock_shared"
        assert guard in source
        session.connection().exec_driver_sql(source.replace(guard, "hashint8"))
    with stream(operational, books) as desks:
        _until(lambda: len(desks.done) >= DESKS)
        assert _close(operational, books) == "57014"


def test_a_close_waits_no_longer_than_it_may(operational: Database, books: Books) -> None:
    """Somebody who never ends: the close gives up in time, and the desks behind it go on."""
    with operational.session(org_id=books.org_id) as holder:
        _post(holder, books.north)
        with ThreadPoolExecutor(max_workers=2) as pool:
            closing = pool.submit(_close, operational, books)
            _until(lambda: _waiting(operational) == 1)
            behind = pool.submit(_one_posting, operational, books)
            assert closing.result(timeout=30) == "55P03"
            assert behind.result(timeout=30) == TODAY
    assert _close(operational, books) == "ok"


def test_who_waits_behind_a_close_for_something_it_waits_for_is_let_by(
    operational: Database, books: Books
) -> None:
    """The close waits for a desk, that desk for a client whom another holds, who queues behind the close."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        has_day, has_client = threading.Event(), threading.Event()

        def day_then_client() -> None:
            with operational.session(org_id=books.org_id) as session:
                session.execute(text("set local lock_timeout = 0"))
                open_business_date(session, books.north)
                has_day.set()
                assert has_client.wait(timeout=30)
                lock_client(session, books.client_id)

        def client_then_day() -> None:
            assert has_day.wait(timeout=30)
            with operational.session(org_id=books.org_id) as session:
                session.execute(text("set local lock_timeout = 0"))
                lock_client(session, books.client_id)
                _until(lambda: _waiting(operational) == 1)
                has_client.set()
                open_business_date(session, books.north)

        first, second = pool.submit(day_then_client), pool.submit(client_then_day)
        assert has_day.wait(timeout=30)
        closing: Future[str] = pool.submit(_close, operational, books)
        for one in (first, second):
            one.result(timeout=30)
        assert closing.result(timeout=30) == "ok"


def _one_posting(database: Database, books: Books) -> date:
    with database.session(org_id=books.org_id) as session:
        day = open_business_date(session, books.north)
        _post(session, books.north)
    return day


def _waiting(database: Database) -> int:
    """How many wait for the turn of a close."""
    with suppress(DBAPIError), database.session("admin") as session:
        query = (
            "select count(*) from pg_locks where locktype = 'advisory' and not granted"
            " and mode = 'ExclusiveLock'"
            " and database = (select oid from pg_database where datname = current_database())"
        )
        return int(session.execute(text(query)).scalar_one())
    return 0
