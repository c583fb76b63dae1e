"""Any sequence of events, right or wrong, leaves books that balance."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, LedgerEvent
from operational.ledger import errors
from operational.ledger.close import close_day
from operational.ledger.post import Line, across_locations, post, reverse
from tests.factories.ledger import NOON, TODAY, Books, bill, make_books
from tests.support.databases import Database

AMOUNTS = st.integers(min_value=-2_000, max_value=2_000)
EVENTS = st.one_of(
    st.tuples(st.just("deposit"), AMOUNTS, st.booleans()),
    st.tuples(st.just("gift"), AMOUNTS, st.booleans()),
    st.tuples(st.just("bill"), st.integers(min_value=1, max_value=2_000), st.booleans()),
    st.tuples(st.just("apply"), AMOUNTS, st.booleans()),
    st.tuples(st.just("raw"), AMOUNTS, st.booleans()),
    st.tuples(st.just("reverse"), st.integers(min_value=0, max_value=9), st.booleans()),
    st.tuples(st.just("close"), st.integers(min_value=0, max_value=1), st.booleans()),
)
REFUSALS = {
    "unbalanced-entry", "insufficient-balance", "day-closed", "day-not-begun", "day-blocked",
    "already-posted", "invalid",
}  # fmt: skip


@dataclass
class Practice:
    """One organization and what it did so far."""

    books: Books
    entries: list[uuid.UUID] = field(default_factory=list)
    invoices: dict[uuid.UUID, list[uuid.UUID]] = field(default_factory=dict)

    def do(self, session: Session, kind: str, amount: int, away: bool) -> None:
        location = self.books.south if away else self.books.north
        doing: dict[str, Callable[[Session, int, uuid.UUID], None]] = {
            "deposit": self._deposit,
            "gift": self._gift,
            "bill": self._bill,
            "apply": self._apply,
            "raw": self._raw,
            "reverse": self._reverse,
            "close": self._close,
        }
        doing[kind](session, amount, location)

    def _post(self, session: Session, lines: list[Line]) -> None:
        entry = post(
            session,
            event=LedgerEvent.CUTOVER,
            source_kind="test",
            source_id=new_id(),
            lines=across_locations(lines),
        )
        self.entries.append(entry)

    def _deposit(self, session: Session, amount: int, location: uuid.UUID) -> None:
        """Taken at one location; negative: returned."""
        client = self.books.client_id
        self._post(
            session,
            [
                Line(Account.CASH_DRAWER, amount, location),
                Line(Account.CLIENT_DEPOSITS, -amount, location, client_id=client),
            ],
        )

    def _gift(self, session: Session, amount: int, location: uuid.UUID) -> None:
        """Sold at the north; redeemed or refunded anywhere."""
        card = self.books.gift_card_id
        self._post(
            session,
            [
                Line(Account.BANK, amount, location),
                Line(Account.GIFT_CARDS, -amount, self.books.north, gift_card_id=card),
            ],
        )

    def _bill(self, session: Session, amount: int, location: uuid.UUID) -> None:
        invoice = bill(session, self.books, amount, location)
        self.invoices.setdefault(location, []).append(invoice.id)

    def _apply(self, session: Session, amount: int, location: uuid.UUID) -> None:
        """The deposit of the north settles the newest invoice of a location."""
        invoices = self.invoices.get(location)
        if not invoices:
            return
        client = self.books.client_id
        self._post(
            session,
            [
                Line(Account.CLIENT_DEPOSITS, amount, self.books.north, client_id=client),
                Line(Account.ACCOUNTS_RECEIVABLE, -amount, location, invoice_id=invoices[-1]),
            ],
        )

    def _raw(self, session: Session, amount: int, location: uuid.UUID) -> None:
        """Lines that a bug would write: balanced only when the amount happens to be even."""
        half = amount // 2
        self._post(
            session, [Line(Account.BANK, amount, location), Line(Account.CASH_DRAWER, -2 * half, location)]
        )

    def _reverse(self, session: Session, which: int, _: uuid.UUID) -> None:
        if self.entries:
            reverse(session, self.entries[which % len(self.entries)])

    def _close(self, session: Session, ahead: int, location: uuid.UUID) -> None:
        close_day(session, self.books.actor(), location, TODAY + timedelta(days=ahead))


CHECKS = {
    "an entry balances at each location": """
        select count(*) from (select 1 from posting where org_id = :org
        group by entry_id, location_id having sum(amount_minor) <> 0) t""",
    "all postings sum to zero": "select coalesce(sum(amount_minor), 0) from posting where org_id = :org",
    "due from is due to": """
        select coalesce(sum(amount_minor), 0) from posting
        where org_id = :org and account in ('1900', '2900')""",
    "nobody is owed less than nothing": """
        select count(*) from (select 1 from posting
        where org_id = :org and account in ('2100', '2110', '2200')
        group by account, location_id, client_id, gift_card_id having sum(amount_minor) > 0) t""",
    "an entry has postings": """
        select count(*) from journal_entry e where org_id = :org and not exists (
        select 1 from posting p where p.org_id = e.org_id and p.entry_id = e.id)""",
    "closed days hold what they froze": """
        select count(*) from business_day d where d.org_id = :org and d.status = 'closed' and
        (select coalesce(sum(f.amount_minor), 0) from day_close_figure f
         where f.org_id = d.org_id and f.business_day_id = d.id and f.measure = 'account' and f.key = '1000')
        <> (select coalesce(sum(p.amount_minor), 0) from posting p where p.org_id = d.org_id
            and p.location_id = d.location_id and p.business_date = d.business_date
            and p.account = '1000')""",
}


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(events=st.lists(EVENTS, min_size=1, max_size=14))
def test_books_balance_after_any_events(database: Database, events: list[tuple[str, int, bool]]) -> None:
    with database.session("owner") as session:
        practice = Practice(make_books(session))
    org_id = practice.books.org_id
    with clock.frozen(NOON):
        for kind, amount, away in events:
            known = len(practice.entries)
            refusal = _try(database, practice, kind, amount, away)
            if refusal is not None:
                assert refusal.code in REFUSALS
                del practice.entries[known:]
                _forget_rolled_back_invoices(database, practice)
    with database.session("owner") as session:
        for name, query in CHECKS.items():
            assert session.execute(text(query), {"org": org_id}).scalar_one() == 0, name


def _try(database: Database, practice: Practice, kind: str, amount: int, away: bool) -> DomainError | None:
    """Do one event in a transaction; the refusal it ended with. Anything else is a failure of the test."""
    try:
        with database.session(org_id=practice.books.org_id) as session:
            practice.do(session, kind, amount, away)
    except DomainError as error:
        return error
    except DBAPIError as error:
        if (refused := errors.from_database(error)) is None:
            raise
        return refused
    return None


def _forget_rolled_back_invoices(database: Database, practice: Practice) -> None:
    with database.session(org_id=practice.books.org_id) as session:
        kept = set(session.scalars(text("select id from invoice")))
    for location, ids in practice.invoices.items():
        practice.invoices[location] = [one for one in ids if one in kept]
