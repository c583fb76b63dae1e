"""No hot query whose only selective predicate row security keeps from the index.

A condition that is not leakproof is checked only after the tenant's policy, so it cannot use an index: such a
query looks at every row of the organization. The store here is large enough that this shows in what the plans
looked at, SQL functions included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Account, Purpose
from operational.booking import queries
from operational.booking.availability import Question, availability
from operational.booking.book import book
from operational.booking.schemas import NewVisit
from operational.clients import search
from operational.identity.access import Actor
from operational.ledger import balances
from operational.privacy.audit import open_audit
from tests.factories import many
from tests.factories.booking import actor_of, add_shift, next_weekday
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.databases import Database
from tests.support.plans import Scan, explained

CLIENTS, VISITS = 10_000, 20_000
ENOUGH = 250
"""Rows of one table that a statement may look at; an organization has 10 000 and more of each."""
BUSY = {"client", "appointment", "appointment_item", "occupancy", "posting"}


@dataclass(frozen=True)
class Store:
    database: Database
    made: OrganizationSetUp
    actor: Actor
    client_id: UUID
    visit_id: UUID


@pytest.fixture(scope="module")
def store(operational_module: Database) -> Store:
    made, neighbour = organization(operational_module), organization(operational_module)
    add_shift(made, next_weekday(hour=13), next_weekday(hour=21))
    many.fill(operational_module, made, CLIENTS, VISITS)
    many.fill(operational_module, neighbour, CLIENTS // 10, VISITS // 10)
    many.analyze(operational_module)
    client_id = many.one_of(operational_module, "select id from client where org_id = :org", made)
    visit_id = many.one_of(operational_module, "select id from appointment where org_id = :org", made)
    return Store(operational_module, made, actor_of(made), client_id, visit_id)


Hot = Callable[[Session, Store], object]


def _search(query: str) -> Hot:
    return lambda session, _: search.search(session, query, 20, None)


def _second_page(session: Session, _: Store) -> object:
    return search.search(session, "last12", 20, search.search(session, "last12", 20, None)[1])


def _calendar(session: Session, store: Store) -> object:
    since = many.FIRST + timedelta(days=700)
    return queries.calendar(session, store.made.location_id, since, since + timedelta(days=1), limit=50)


def _calendar_of_client(session: Session, store: Store) -> object:
    return queries.calendar(
        session, store.made.location_id, many.FIRST, many.FIRST + timedelta(days=4000),
        client_id=store.client_id, limit=50,
    )  # fmt: skip


def _availability(session: Session, store: Store) -> object:
    day = next_weekday().date()
    return availability(
        session, store.actor, Question(store.made.location_id, store.made.service_id, day, day, limit=20)
    )


def _book(session: Session, store: Store) -> object:
    visit = {
        "client_id": store.client_id,
        "location_id": store.made.location_id,
        "starts_at": next_weekday(hour=16),
        "items": [{"service_id": store.made.consultation_id}],
    }
    return book(session, store.actor, NewVisit.model_validate(visit))


HOT: dict[str, Hot] = {
    "client by last name": _search("last123"),
    "client by full name": _search("first12 last12"),
    "client by phone": _search("+12022000123"),
    "client by the end of a phone": _search("00123"),
    "client by e-mail": _search("client123@"),
    "second page of a search": _second_page,
    "a day's calendar": _calendar,
    "a client's visits": _calendar_of_client,
    "availability": _availability,
    "booking": _book,
    "open balance of an invoice": lambda session, store: balances.invoice_open_minor(session, store.visit_id),
    "deposits of a client": lambda session, store: balances.liability_minor(
        session, Account.CLIENT_DEPOSITS, client_id=store.client_id
    ),
}


def _scans(store: Store, hot: Hot) -> list[Scan]:
    with explained(store.database, store.made.org_id) as (session, scans):
        open_audit(session, store.actor, Purpose.OPERATIONS)
        scans.clear()
        hot(session, store)
        session.rollback()
    assert scans, "no plan was seen"
    return scans


def _too_many(scans: list[Scan]) -> list[str]:
    return [str(one) for one in scans if one.table in BUSY and one.looked_at > ENOUGH]


@pytest.mark.parametrize("name", HOT)
def test_looks_at_few_rows(store: Store, name: str) -> None:
    scans = _scans(store, HOT[name])
    assert any(one.table in BUSY for one in scans), f"only saw {[str(one) for one in scans]}"
    assert _too_many(scans) == []


NOT_LEAKPROOF = {
    "ilike": "select id from client where last_name ilike 'Last123%'",
    "lower": "select id from client where lower(email) = 'client123@mail.example'",
    "range": """select id from occupancy where subject_kind = 'room' and hard and active
        and during && tstzrange('2026-01-05 13:00+00', '2026-01-05 14:00+00')""",
}


@pytest.mark.parametrize("name", NOT_LEAKPROOF)
def test_control_conditions_that_row_security_keeps_from_the_index_are_seen(store: Store, name: str) -> None:
    scans = _scans(store, lambda session, _: session.execute(text(NOT_LEAKPROOF[name])).all())
    assert _too_many(scans) != []


def test_control_the_walk_sees_what_functions_run(store: Store) -> None:
    with store.database.session("owner") as session:
        session.execute(
            text(
                "create function look() returns bigint language plpgsql as"
                " $$ begin return (select count(*) from client where last_name ilike 'x%'); end $$"
            )
        )
    assert _too_many(_scans(store, lambda session, _: session.execute(text("select look()")).all())) != []
