"""Two at once, on separate connections, 100 rounds each; then the same with the guard taken out, which
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

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, LedgerEvent
from operational.ledger import balances, errors
from operational.ledger.close import close_day
from operational.ledger.close_figures import is_intact
from operational.ledger.drawer_cash import expected_minor
from operational.ledger.drawer_count import count_session
from operational.ledger.drawers import create_drawer, open_session
from operational.ledger.post import Line, post, reverse
from operational.models import BusinessDay, Client, DrawerSession, GiftCard
from tests.factories.ledger import NOON, TODAY, Books, make_books, make_location, pay
from tests.support.databases import Database

ROUNDS = 100
CONTROL_ROUNDS = 12
# Long enough for the other side to run into the lock, short enough for a hundred rounds.
PATIENCE = 0.04


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


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

    def __init__(self) -> None:
        self._start = threading.Barrier(2)
        self._middle = threading.Barrier(2)

    def start(self) -> None:
        self._start.wait(timeout=30)

    def middle(self) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            self._middle.wait(timeout=PATIENCE)


Side = Callable[[Session, Meeting], object]


def _race(database: Database, books: Books, pool: ThreadPoolExecutor, one: Side, other: Side) -> list[str]:
    """Run both sides at once, each in a transaction of its own; `ok` or the code of the refusal."""
    meeting = Meeting()

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


def _posting_against_close(database: Database, books: Books, rounds: int) -> tuple[int, Counter[str]]:
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

            def closer(
                session: Session, meeting: Meeting, location_id: uuid.UUID = location_id, number: int = number
            ) -> None:
                if number % 3 == 0:
                    meeting.middle()
                close_day(session, actor, location_id, TODAY)
                if number % 3 == 1:
                    meeting.middle()

            posted, closed = _race(database, books, pool, poster, closer)
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
    broken, _ = _posting_against_close(operational, books, CONTROL_ROUNDS)
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


# --- one balance, two desks ------------------------------------------------------------------------


def _spend_twice(
    database: Database, books: Books, rounds: int, account: Account, *, locked: bool = False
) -> tuple[list[int], Counter[str]]:
    """What is left of a balance of 1 000 after two desks spent 700 of it, and how the spends ended."""
    left, ends = [], Counter[str]()
    with _two() as pool:
        for number in range(rounds):
            key = _holder(database, books, account, number)
            with database.session(org_id=books.org_id) as session:
                _move(session, books, account, key, -1_000)

            def desk(session: Session, meeting: Meeting, key: dict[str, uuid.UUID] = key) -> None:
                if locked:
                    _lock(session, key)
                    if balances.liability_minor(session, account, **key) < 700:
                        raise errors.InsufficientBalance
                _move(session, books, account, key, 700)
                # The check of the commit, with the commit itself still to come.
                session.execute(text("set constraints all immediate"))
                meeting.middle()

            ends.update(_race(database, books, pool, desk, desk))
            with database.session(org_id=books.org_id) as session:
                left.append(balances.liability_minor(session, account, **key))
    return left, ends


def _holder(database: Database, books: Books, account: Account, number: int) -> dict[str, uuid.UUID]:
    row_id = new_id()
    with database.session("owner") as session:
        if account is Account.GIFT_CARDS:
            session.add(
                GiftCard(
                    org_id=books.org_id,
                    id=row_id,
                    code_digest=f"{account}-{number}",
                    last_four="0002",
                    location_id=books.north,
                    purchaser_id=books.client_id,
                    currency="USD",
                    issued_on=TODAY,
                )
            )
            return {"gift_card_id": row_id}
        session.add(
            Client(
                org_id=books.org_id,
                id=row_id,
                client_key=uuid.uuid4(),
                first_name="A",
                last_name="B",
                flags=[],
            )
        )
        return {"client_id": row_id}


def _lock(session: Session, key: dict[str, uuid.UUID]) -> None:
    if "gift_card_id" in key:
        balances.lock_gift_card(session, key["gift_card_id"])
    else:
        balances.lock_client(session, key["client_id"])


def _move(session: Session, books: Books, account: Account, key: dict[str, uuid.UUID], amount: int) -> None:
    post(
        session,
        event=LedgerEvent.BALANCE_APPLIED,
        source_kind="test",
        source_id=new_id(),
        lines=[Line(account, amount, books.north, **key), Line(Account.BANK, -amount, books.north)],
    )


@pytest.mark.parametrize("locked", [False, True], ids=["guard-of-the-database", "lock-of-the-service"])
@pytest.mark.parametrize("account", [Account.GIFT_CARDS, Account.CLIENT_DEPOSITS, Account.ACCOUNT_CREDIT])
def test_one_desk_spends_a_balance(
    operational: Database, books: Books, account: Account, locked: bool
) -> None:
    left, ends = _spend_twice(operational, books, ROUNDS, account, locked=locked)
    assert left == [300] * ROUNDS
    assert ends == {"ok": ROUNDS, "insufficient-balance": ROUNDS}


@pytest.mark.parametrize("account", [Account.GIFT_CARDS, Account.CLIENT_DEPOSITS])
def test_control_without_the_lock_both_desks_spend_it(
    operational: Database, books: Books, account: Account
) -> None:
    _without(operational, "ledger_lock_spent(uuid, text, uuid)", "for no key update")
    left, _ = _spend_twice(operational, books, CONTROL_ROUNDS, account)
    assert min(left) < 0


def test_an_entry_is_reversed_by_one_of_two(operational: Database, books: Books) -> None:
    with _two() as pool:
        for _ in range(ROUNDS):
            with operational.session(org_id=books.org_id) as session:
                entry = _cash(session, books.north, 5)

            def desk(session: Session, meeting: Meeting, entry: uuid.UUID = entry) -> None:
                reverse(session, entry)
                meeting.middle()

            assert sorted(_race(operational, books, pool, desk, desk)) == ["already-posted", "ok"]
    with operational.session(org_id=books.org_id) as session:
        total = session.execute(
            text("select sum(amount_minor) from posting where account = '1000' and location_id = :id"),
            {"id": books.north},
        ).scalar_one()
    assert total == 0


# --- a payment against the count of its drawer ----------------------------------------------------


def _payment_against_count(database: Database, books: Books, rounds: int) -> tuple[int, Counter[str]]:
    """Counted sessions that hold another sum than was expected of them, and how the payments ended."""
    wrong, ends = 0, Counter[str]()
    actor = books.actor()
    with database.session(org_id=books.org_id) as session:
        drawer_id = create_drawer(session, actor, books.north, uuid.uuid4().hex).id
    with _two() as pool:
        for number in range(rounds):
            with database.session(org_id=books.org_id) as session:
                session_id = open_session(session, actor, drawer_id, 0).id

            def desk(
                session: Session, meeting: Meeting, session_id: uuid.UUID = session_id, number: int = number
            ) -> None:
                if number % 3 == 1:
                    meeting.middle()
                pay(session, books, session_id, 500)
                if number % 3 == 0:
                    meeting.middle()

            def counter(
                session: Session, meeting: Meeting, session_id: uuid.UUID = session_id, number: int = number
            ) -> None:
                if number % 3 == 0:
                    meeting.middle()
                count_session(session, actor, session_id, {}, 0)
                if number % 3 == 1:
                    meeting.middle()

            paid, counted = _race(database, books, pool, desk, counter)
            ends[paid] += 1
            assert counted == "ok"
            with database.session(org_id=books.org_id) as session:
                row = session.get(DrawerSession, (books.org_id, session_id))
                assert row is not None
                wrong += row.expected_minor != expected_minor(session, row)
    return wrong, ends


def test_a_payment_is_counted_or_refused(operational: Database, books: Books) -> None:
    wrong, ends = _payment_against_count(operational, books, ROUNDS)
    assert wrong == 0
    assert set(ends) == {"ok", "drawer-session-not-open"}, ends


def test_control_without_the_shared_lock_a_payment_slips_in(operational: Database, books: Books) -> None:
    _without(operational, "drawer_hold_open(uuid, uuid, uuid, boolean, date)", "for share")
    wrong, _ = _payment_against_count(operational, books, CONTROL_ROUNDS)
    assert wrong > 0
