"""Money that left and that no balance covers: account 1290, item by item, and its resolution.

An item is what the entries of one payout leave on 1290. What put it there is posted by checkout. The client
pays it back as a deposit, which is then matched with it; what is not paid back is written off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select, text
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import Account, LedgerEvent, Permission
from operational.identity.access import Actor
from operational.ledger.balances import liability_minor, lock_client
from operational.ledger.errors import InsufficientBalance
from operational.ledger.post import Line, post
from operational.models import JournalEntry, Posting

SOURCE = "payout"


@dataclass(frozen=True, slots=True)
class UnmatchedItem:
    """What is open of one payout, where, and since when."""

    payout_id: UUID
    location_id: UUID
    client_id: UUID
    business_date: date
    external_date: date | None
    currency: str
    amount_minor: int


def open_items(*where: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """What payouts have left on 1290, in the order of their ids."""
    return (
        select(
            JournalEntry.source_id.label("payout_id"),
            Posting.location_id,
            Posting.client_id,
            func.min(Posting.business_date).label("business_date"),
            func.min(Posting.external_date).label("external_date"),
            Posting.currency,
            func.sum(Posting.amount_minor).label("amount_minor"),
        )
        .join(JournalEntry, (JournalEntry.org_id == Posting.org_id) & (JournalEntry.id == Posting.entry_id))
        .where(
            # In words, not as a parameter: the partial index is found by it.
            text(f"posting.account = '{Account.UNMATCHED_ITEMS.value}'"),
            JournalEntry.source_kind == SOURCE,
            *where,
        )
        .group_by(JournalEntry.source_id, Posting.location_id, Posting.client_id, Posting.currency)
        .having(func.sum(Posting.amount_minor) != 0)
        .order_by(JournalEntry.source_id)
    )


def list_items(
    session: Session, actor: Actor, location_id: UUID, limit: int, after: UUID | None
) -> list[UnmatchedItem]:
    """At most `limit` open items of a location with ids after `after`."""
    actor.require(Permission.DAY_CLOSE, location_id)
    query = open_items(Posting.org_id == organization_of(session), Posting.location_id == location_id)
    if after is not None:
        query = query.where(JournalEntry.source_id > after)
    return [_item(row) for row in session.execute(query.limit(limit))]


def item(session: Session, actor: Actor, payout_id: UUID) -> UnmatchedItem:
    """Raises NotFound, also for an item that is resolved."""
    found = _find(session, payout_id)
    actor.require(Permission.DAY_CLOSE, found.location_id)
    return found


def resolve(
    session: Session, actor: Actor, payout_id: UUID, deposit_minor: int, written_off_minor: int
) -> UnmatchedItem:
    """Match an item with what the client's deposits hold at its location, and write off the rest.

    The parts sum to the whole. Raises Forbidden, NotFound, Invalid, InsufficientBalance; AlreadyPosted when
    somebody else resolved it meanwhile.
    """
    found = _find(session, payout_id)
    actor.require(Permission.PAYMENT_REFUND, found.location_id)
    if min(deposit_minor, written_off_minor) < 0 or deposit_minor + written_off_minor != found.amount_minor:
        raise Invalid(
            "deposit_minor and written_off_minor sum to the item's amount.",
            {"amount_minor": found.amount_minor},
        )
    lock_client(session, found.client_id)
    place, client = found.location_id, found.client_id
    held = liability_minor(session, Account.CLIENT_DEPOSITS, client_id=client, location_id=place)
    if deposit_minor > held:
        raise InsufficientBalance(
            "Take what the client pays back as a deposit first.", {"balance_minor": max(held, 0)}
        )
    post(
        session,
        event=LedgerEvent.UNMATCHED_RESOLVED,
        source_kind=SOURCE,
        source_id=payout_id,
        staff_id=actor.staff_id,
        lines=[
            Line(Account.CLIENT_DEPOSITS, deposit_minor, place, client_id=client),
            Line(Account.BAD_DEBT, written_off_minor, place),
            Line(Account.UNMATCHED_ITEMS, -found.amount_minor, place, client_id=client),
        ],
    )
    return found


def _find(session: Session, payout_id: UUID) -> UnmatchedItem:
    query = open_items(Posting.org_id == organization_of(session), JournalEntry.source_id == payout_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such unmatched item, or it is resolved.")
    return _item(row)


def _item(row: Row[Any]) -> UnmatchedItem:
    values = dict(row._mapping)
    return UnmatchedItem(**values | {"amount_minor": int(values["amount_minor"])})
