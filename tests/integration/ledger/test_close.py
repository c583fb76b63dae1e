"""The day close: its blockers, its order, its frozen figures, and what may not change afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    DayStatus,
    DrawerKind,
    LedgerEvent,
    Permission,
    Tender,
)
from operational.ledger import errors
from operational.ledger.close import DayClosing, close_day, preview_close
from operational.ledger.close_figures import figures_sha256, frozen_figures, is_intact
from operational.ledger.drawer_count import count_session
from operational.ledger.drawers import open_session, virtual_session
from operational.ledger.post_close import post_close_changes
from operational.models import BusinessDay
from tests.factories.ledger import NOON, TODAY, Books, bill, make_books, pay
from tests.support.databases import Database

NEXT = TODAY + timedelta(days=1)


pytestmark = pytest.mark.usefixtures("at_noon")


@pytest.fixture
def books(operational_module: Database) -> Books:
    """An organization per test."""
    with operational_module.session("owner") as session:
        return make_books(session)


def _close(database: Database, books: Books, day: date = TODAY) -> DayClosing:
    with database.session(org_id=books.org_id) as session:
        return close_day(session, books.actor(), books.north, day)


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


def _blockers(database: Database, books: Books, day: date = TODAY) -> dict[str, int]:
    """Code → count; the close must refuse with the same list that the preview shows."""
    with database.session(org_id=books.org_id) as session:
        shown = preview_close(session, books.actor(), books.north, day).blockers
    refused = _refused(database, books, lambda s: close_day(s, books.actor(), books.north, day))
    assert refused.code == "day-blocked"
    assert refused.extra["blockers"] == [blocker.as_member() for blocker in shown]
    assert all(link.startswith("/v1/") for blocker in shown for link in blocker.links)
    return {blocker.code: blocker.count for blocker in shown}


def _as_owner(database: Database, books: Books, work: Callable[[Session], object]) -> None:
    """As the owner role bound to the organization: charts and clients can be written without an audit."""
    with database.session("owner", books.org_id) as session:
        work(session)


def test_a_day_closes_with_what_happened_on_it(database: Database, books: Books) -> None:
    with database.session(org_id=books.org_id) as session:
        actor = books.actor()
        drawer = open_session(session, actor, books.drawer_id, 20_000)
        invoice = bill(session, books, 30_000)
        bill(session, books, 7_000)
        pay(session, books, drawer.id, 33_000, tip_minor=3_000, invoice_id=invoice.id)
        online = virtual_session(session, books.north, DrawerKind.ONLINE)
        pay(session, books, online.id, 5_000, tender=Tender.CARD)
        count_session(session, actor, drawer.id, {10_000: 5, 1_000: 2, 500: 1}, 20_000)
    closing = _close(database, books)
    figures = {(measure, key): amount for measure, key, amount in closing.figures}
    assert figures == {
        ("account", "1000"): 20_000, ("account", "1005"): 32_500, ("account", "1020"): 5_000,
        ("account", "1100"): 7_000, ("account", "1200"): -20_000, ("account", "2100"): -5_000,
        ("account", "2500"): -3_000, ("account", "4000"): -37_000, ("account", "6000"): 500,
        ("balance", "1000"): 20_000, ("balance", "1005"): 32_500, ("balance", "1020"): 5_000,
        ("balance", "1100"): 7_000, ("balance", "1200"): -20_000, ("balance", "2100"): -5_000,
        ("balance", "2500"): -3_000,
        ("ar_closing", ""): 7_000, ("recognised", ""): 37_000, ("deposits", "payment_taken"): 5_000,
        ("gross_billed", "service"): 37_000, ("net_billed", ""): 37_000,
        ("received", "cash"): 33_000, ("received", "card"): 5_000,
        ("collected", "cash"): 33_000, ("collected", "card"): 5_000,
        ("tips", ""): 3_000, ("over_short", ""): -500,
    }  # fmt: skip
    with database.session(org_id=books.org_id) as session:
        day = session.get(BusinessDay, (books.org_id, closing.day.id))
        assert day is not None
        assert day.status is DayStatus.CLOSED
        assert day.closed_by == books.staff_id
        frozen = frozen_figures(session, day)
        assert frozen == sorted(closing.figures)
        assert day.figures_sha256 == figures_sha256(books.org_id, books.north, TODAY, "USD", frozen)
        assert is_intact(session, day)
        open_sessions = session.execute(
            text("select count(*) from drawer_session where status = 'open' and business_date = :day"),
            {"day": TODAY},
        ).scalar_one()
        assert open_sessions == 0


def test_balances_are_carried_and_idle_days_close_by_themselves(database: Database, books: Books) -> None:
    with database.session(org_id=books.org_id) as session:
        invoice = bill(session, books, 9_000)
    _close(database, books)
    friday = TODAY + timedelta(days=3)
    with clock.frozen(NOON + timedelta(days=3)):
        with database.session(org_id=books.org_id) as session:
            drawer = open_session(session, books.actor(), books.drawer_id, 0)
            pay(session, books, drawer.id, 4_000, invoice_id=invoice.id)
            count_session(session, books.actor(), drawer.id, {1_000: 4}, 0)
        closing = _close(database, books, friday)
    assert closing.idle_days == [NEXT, TODAY + timedelta(days=2)]
    figures = {(measure, key): amount for measure, key, amount in closing.figures}
    assert figures["ar_opening", ""] == 9_000
    assert figures["ar_closing", ""] == 5_000
    assert figures["balance", "1100"] == 5_000
    with database.session(org_id=books.org_id) as session:
        days = session.scalars(
            select(BusinessDay)
            .where(BusinessDay.org_id == books.org_id, BusinessDay.location_id == books.north)
            .order_by(BusinessDay.business_date)
        ).all()
        assert [day.business_date for day in days] == [TODAY + timedelta(days=n) for n in range(4)]
        assert all(is_intact(session, day) for day in days)
        changes = post_close_changes(session, books.actor(), books.north, TODAY)
    assert [(c.event, c.business_date, c.receivable_minor, c.is_correction) for c in changes] == [
        (LedgerEvent.PAYMENT_TAKEN, friday, -4_000, False)
    ]


def test_an_earlier_day_with_business_comes_first(database: Database, books: Books) -> None:
    with database.session(org_id=books.org_id) as session:
        bill(session, books)
    with clock.frozen(NOON + timedelta(days=1)):
        assert _blockers(database, books, NEXT) == {"prior_day_open": 1}
        _close(database, books)
        assert _close(database, books, NEXT).idle_days == []


def test_a_closed_day_closes_once_and_a_later_one_not_yet(database: Database, books: Books) -> None:
    _close(database, books)
    again = _refused(database, books, lambda s: close_day(s, books.actor(), books.north, TODAY))
    assert again.code == "day-closed"
    ahead = _refused(database, books, lambda s: close_day(s, books.actor(), books.north, NEXT))
    assert ahead.code == "day-not-begun"
    unknown = _refused(database, books, lambda s: close_day(s, books.actor(), new_id(), TODAY))
    assert unknown.code == "not-found"
    elsewhere = books.actor(Permission.DAY_CLOSE, location_id=books.south)
    forbidden = _refused(database, books, lambda s: close_day(s, elsewhere, books.north, TODAY))
    assert forbidden.code == "forbidden"
