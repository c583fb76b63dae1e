"""Two desks and one balance; a payment against the count of its drawer; each with a control."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, LedgerEvent
from operational.ledger import balances, errors
from operational.ledger.drawer_cash import expected_minor
from operational.ledger.drawer_count import count_session
from operational.ledger.drawers import create_drawer, open_session
from operational.ledger.post import Line, post, reverse
from operational.models import Client, DrawerSession, GiftCard
from tests.factories.ledger import TODAY, Books, make_books, pay
from tests.integration.ledger.test_races import CONTROL_ROUNDS, Meeting, _cash, _race, _two, _without
from tests.support.databases import Database
from tests.support.together import ROUNDS

pytestmark = pytest.mark.usefixtures("at_noon")


@pytest.fixture
def books(operational: Database) -> Books:
    with operational.session("owner") as session:
        return make_books(session)


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
    holds = {Account.GIFT_CARDS: "ledger_lock_spent(uuid, text, uuid)"}
    _without(operational, holds.get(account, "client_hold(uuid, uuid)"), "for no key update")
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
