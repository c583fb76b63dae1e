"""Two at once, on separate connections, many rounds each; then the same with the guard taken out, which
must fail. What counts is what the database holds afterwards."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from medspa.kernel.errors import DomainError
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, LedgerEvent
from operational.ledger import errors
from operational.ledger.close import close_day
from operational.ledger.close_figures import is_intact
from operational.ledger.post import Line, post
from operational.models import BusinessDay
from tests.factories.ledger import TODAY, Books, make_books, make_location
from tests.support.databases import Database
from tests.support.together import ROUNDS

CONTROL_ROUNDS = 12
# Nobody waits in vain without the guard, so a busy machine has time to come to the meeting.
CONTROL_PATIENCE = 5.0
# Long enough for the other side to run into the lock, short enough for many rounds.
PATIENCE = 0.04


pytestmark = pytest.mark.usefixtures("at_noon")


@pytest.fixture
def books(operational: Database) -> Books:
    with operational.session("owner") as session:
        return make_books(session)


def _without(database: Database, function: str, guard: str) -> None:
    """Take a guard out of a database function: the control of a race."""
    with database.session("owner") as session:
        source = str(
            session.execute(
                text("select pg_get_functiondef(cast(:f as regprocedure))"), {"f": function}
            ).scalar()
        )
        assert guard in source
        session.connection().exec_driver_sql(source.replace(guard, "").replace("%", "%%"))


class Meeting:
    """Where two sides wait for each other in the middle of their transactions, but not for long: with the
    guard in place the other side cannot come."""

    def __init__(self, patience: float) -> None:
        self._start = threading.Barrier(2)
        self._middle = threading.Barrier(2)
        self._patience = patience

    def start(self) -> None:
        self._start.wait(timeout=30)

    def middle(self) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            self._middle.wait(timeout=self._patience)


Side = Callable[[Session, Meeting], object]


def _race(
    database: Database,
    books: Books,
    pool: ThreadPoolExecutor,
    one: Side,
    other: Side,
    patience: float = PATIENCE,
) -> list[str]:
    """Run both sides at once, each in a transaction of its own; `ok` or the code of the refusal."""
    meeting = Meeting(patience)

    def run(side: Side) -> str:
        meeting.start()
        try:
            with database.session(org_id=books.org_id) as session:
                side(session, meeting)
        except DomainError as error:
            return error.code
        except DBAPIError as error:
            refused = errors.from_database(error)
            if refused is None:
                raise
            return refused.code
        return "ok"

    return [future.result(timeout=60) for future in [pool.submit(run, one), pool.submit(run, other)]]


@contextlib.contextmanager
def _two() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield pool


def _cash(session: Session, location_id: uuid.UUID, amount: int, **more: object) -> uuid.UUID:
    lines = [Line(Account.CASH_DRAWER, amount, location_id), Line(Account.BANK, -amount, location_id)]
    values = {"event": LedgerEvent.CUTOVER, "source_kind": "test", "source_id": new_id(), **more}
    return post(session, lines=lines, **values)  # type: ignore[arg-type]


# --- a posting against the close of its day -------------------------------------------------------


def _posting_against_close(
    database: Database, books: Books, rounds: int, patience: float = PATIENCE
) -> tuple[int, Counter[str]]:
    """Days whose frozen figures are not what was posted, and how the postings ended."""
    broken, ends = 0, Counter[str]()
    actor = books.actor()
    with _two() as pool:
        for number in range(rounds):
            location_id = new_id()
            with database.session("owner") as session:
                session.add(make_location(books, location_id, f"R{number}"))
            with database.session(org_id=books.org_id) as session:
                _cash(session, location_id, 5)

            def poster(
                session: Session, meeting: Meeting, location_id: uuid.UUID = location_id, number: int = number
            ) -> None:
                if number % 3 == 1:
                    meeting.middle()
                _cash(session, location_id, 7, business_date=TODAY)
                if number % 3 == 0:
                    meeting.middle()
                if number % 3 < 2:
                    meeting.middle()

            def closer(
                session: Session, meeting: Meeting, location_id: uuid.UUID = location_id, number: int = number
            ) -> None:
                if number % 3 == 0:
                    meeting.middle()
                close_day(session, actor, location_id, TODAY)
                if number % 3 == 1:
                    meeting.middle()
                # Neither commits before the other has done its part, if it can.
                if number % 3 < 2:
                    meeting.middle()

            posted, closed = _race(database, books, pool, poster, closer, patience)
            ends[posted] += 1
            assert closed == "ok"
            with database.session(org_id=books.org_id) as session:
                day = session.scalars(
                    select(BusinessDay).where(
                        BusinessDay.org_id == books.org_id, BusinessDay.location_id == location_id
                    )
                ).one()
                broken += not is_intact(session, day)
    return broken, ends


def test_a_posting_is_in_the_closed_figures_or_refused(operational: Database, books: Books) -> None:
    broken, ends = _posting_against_close(operational, books, ROUNDS)
    assert broken == 0
    assert set(ends) == {"ok", "day-closed"}, ends


def test_control_without_the_shared_lock_a_posting_slips_in(operational: Database, books: Books) -> None:
    _without(operational, "ledger_check_postings()", "for share")
    _without(operational, "ledger_day(uuid, date, timestamptz)", "for share")
    _without(
        operational, "ledger_day(uuid, date, timestamptz)", "perform ledger_join_day(v_org, p_location);"
    )
    broken, _ = _posting_against_close(operational, books, CONTROL_ROUNDS, CONTROL_PATIENCE)
    assert broken > 0


def test_no_day_appears_behind_a_close(operational: Database, books: Books) -> None:
    actor = books.actor()
    earlier = TODAY - timedelta(days=3)
    ends = Counter[tuple[str, str]]()
    with _two() as pool:
        for number in range(ROUNDS):
            location_id = new_id()
            with operational.session("owner") as session:
                session.add(make_location(books, location_id, f"B{number}"))

            def poster(session: Session, meeting: Meeting, location_id: uuid.UUID = location_id) -> None:
                _cash(session, location_id, 7, business_date=earlier)
                meeting.middle()

            def closer(session: Session, meeting: Meeting, location_id: uuid.UUID = location_id) -> None:
                close_day(session, actor, location_id, TODAY)
                meeting.middle()

            posted, closed = _race(operational, books, pool, poster, closer)
            ends[posted, closed] += 1
            assert (posted, closed) in {("ok", "day-blocked"), ("day-closed", "ok")}
            with operational.session(org_id=books.org_id) as session:
                days = session.execute(
                    text("select business_date, status from business_day where location_id = :id order by 1"),
                    {"id": location_id},
                ).all()
            open_days = [day for day, status in days if status == "open"]
            closed_days = [day for day, status in days if status == "closed"]
            assert not open_days or not closed_days or min(open_days) > max(closed_days)
    assert sum(ends.values()) == ROUNDS


def test_the_first_two_postings_of_a_day_share_it(operational: Database, books: Books) -> None:
    with _two() as pool:
        for number in range(ROUNDS):
            location_id = new_id()
            with operational.session("owner") as session:
                session.add(make_location(books, location_id, f"F{number}"))

            def poster(session: Session, meeting: Meeting, location_id: uuid.UUID = location_id) -> None:
                _cash(session, location_id, 7)

            assert _race(operational, books, pool, poster, poster) == ["ok", "ok"]
            with operational.session(org_id=books.org_id) as session:
                days = session.execute(
                    text("select business_date, status from business_day where location_id = :id"),
                    {"id": location_id},
                ).all()
            assert days == [(TODAY, "open")]


def test_two_closes_of_a_day_freeze_it_once(operational: Database, books: Books) -> None:
    actor = books.actor()
    with _two() as pool:
        for number in range(ROUNDS):
            location_id = new_id()
            with operational.session("owner") as session:
                session.add(make_location(books, location_id, f"T{number}"))
            with operational.session(org_id=books.org_id) as session:
                _cash(session, location_id, 5)

            def closer(session: Session, meeting: Meeting, location_id: uuid.UUID = location_id) -> None:
                close_day(session, actor, location_id, TODAY)

            assert sorted(_race(operational, books, pool, closer, closer)) == ["day-closed", "ok"]
            with operational.session(org_id=books.org_id) as session:
                frozen = session.execute(
                    text("select sum(amount_minor) from day_close_figure"
                         " where location_id = :id and measure = 'account' and key = '1000'"),
                    {"id": location_id},
                ).scalar_one()  # fmt: skip
            assert frozen == 5
