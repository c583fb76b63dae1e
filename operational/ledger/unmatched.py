"""Money that left or came and that nothing explains: account 1290, item by item, and its resolution.

An item is what the entries of one payout leave on 1290, or a line of the processor's account that is about
nothing of ours; one in another currency than the books stands among them, and on no account. What put it
there is posted by checkout and banking. Of a payout, the client pays it back as a deposit, which is then
matched with it; what is not paid back is written off. A line is resolved by banking.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import Account, LedgerEvent, Permission, ProcessorLineKind, ProcessorLineRefusal
from operational.identity.access import Actor
from operational.ledger.balances import liability_minor, lock_client
from operational.ledger.errors import InsufficientBalance
from operational.ledger.post import Line, post
from operational.models import JournalEntry, Posting, ProcessorLine

SOURCE = "payout"
Kind = Literal["payout", "processor_line"]


@dataclass(frozen=True, slots=True)
class UnmatchedItem:
    """What is open, where, and since when; positive: money that left. A line has no client."""

    item_id: UUID
    kind: Kind
    location_id: UUID
    client_id: UUID | None
    business_date: date
    external_date: date | None
    currency: str
    amount_minor: int
    refused_as: ProcessorLineRefusal | None
    """Why a line stands on no account."""


def open_items(
    session: Session, *, location_id: UUID | None = None, item_id: UUID | None = None
) -> Select[*tuple[Any, ...]]:
    """What stands on 1290 of payouts and of the processor's lines, in the order of their ids."""
    org_id = organization_of(session)
    # In words, not as a parameter: the partial index is found by it.
    of_payouts: list[Any] = [
        text(f"posting.account = '{Account.UNMATCHED_ITEMS.value}'"),
        Posting.org_id == org_id,
        JournalEntry.source_kind == SOURCE,
    ]
    of_lines = [ProcessorLine.org_id == org_id, or_(and_(*unexplained()), and_(*refused()))]
    if location_id is not None:
        of_payouts.append(Posting.location_id == location_id)
        of_lines.append(ProcessorLine.location_id == location_id)
    if item_id is not None:
        of_payouts.append(JournalEntry.source_id == item_id)
        of_lines.append(ProcessorLine.id == item_id)
    booked_on = (
        select(func.max(Posting.business_date))
        .join(JournalEntry, (JournalEntry.org_id == Posting.org_id) & (JournalEntry.id == Posting.entry_id))
        .where(
            JournalEntry.org_id == org_id,
            JournalEntry.source_kind == "processor_payout",
            JournalEntry.source_id == ProcessorLine.processor_payout_id,
            Posting.location_id == ProcessorLine.location_id,
        )
        .scalar_subquery()
    )
    found = union_all(
        select(
            JournalEntry.source_id.label("item_id"),
            literal("payout").label("kind"),
            Posting.location_id,
            Posting.client_id,
            func.min(Posting.business_date).label("business_date"),
            func.min(Posting.external_date).label("external_date"),
            Posting.currency,
            func.sum(Posting.amount_minor).label("amount_minor"),
            cast(null(), Text).label("refused_as"),
        )
        .join(JournalEntry, (JournalEntry.org_id == Posting.org_id) & (JournalEntry.id == Posting.entry_id))
        .where(*of_payouts)
        .group_by(JournalEntry.source_id, Posting.location_id, Posting.client_id, Posting.currency)
        .having(func.sum(Posting.amount_minor) != 0),
        select(
            ProcessorLine.id,
            literal("processor_line"),
            ProcessorLine.location_id,
            cast(null(), Uuid),
            func.coalesce(booked_on, ProcessorLine.occurred_on),
            ProcessorLine.occurred_on,
            ProcessorLine.currency,
            ProcessorLine.fee_minor - ProcessorLine.amount_minor,
            cast(ProcessorLine.refused_as, Text),
        ).where(*of_lines),
    ).subquery()
    return select(found).order_by(found.c.item_id)


def unexplained() -> tuple[ColumnElement[bool], ...]:
    """Lines of the processor that are paid out, about nothing of ours, and booked as nothing by a person."""
    return (
        ProcessorLine.processor_payout_id.is_not(None),
        ProcessorLine.kind.not_in([ProcessorLineKind.FEE, ProcessorLineKind.OPENING]),
        ProcessorLine.refused_as.is_(None),
        func.num_nonnulls(
            ProcessorLine.payment_id,
            ProcessorLine.payout_id,
            ProcessorLine.dispute_id,
            ProcessorLine.booked_as,
        )
        == 0,
        ProcessorLine.amount_minor != ProcessorLine.fee_minor,
    )


def refused() -> tuple[ColumnElement[bool], ...]:
    """Lines that are kept and not booked, until a person says that they are booked elsewhere."""
    return (ProcessorLine.refused_as.is_not(None), ProcessorLine.booked_as.is_(None))


def open_minor(session: Session, payout_id: UUID) -> int:
    """What of a payout stands on 1290 and nobody has resolved."""
    row = session.execute(open_items(session, item_id=payout_id)).one_or_none()
    return 0 if row is None else int(row.amount_minor)


def list_items(
    session: Session, actor: Actor, location_id: UUID, limit: int, after: UUID | None
) -> list[UnmatchedItem]:
    """At most `limit` open items of a location with ids after `after`."""
    actor.require(Permission.DAY_CLOSE, location_id)
    query = open_items(session, location_id=location_id)
    if after is not None:
        query = query.where(query.selected_columns.item_id > after)
    return [_item(row) for row in session.execute(query.limit(limit))]


def item(session: Session, actor: Actor, item_id: UUID) -> UnmatchedItem:
    """Raises NotFound, also for an item that is resolved."""
    found = _find(session, item_id)
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
    if found.client_id is None:
        raise NotFound("There is no such unmatched payout, or it is resolved.")
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


def _find(session: Session, item_id: UUID) -> UnmatchedItem:
    row = session.execute(open_items(session, item_id=item_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such unmatched item, or it is resolved.")
    return _item(row)


def _item(row: Row[Any]) -> UnmatchedItem:
    values = dict(row._mapping)
    refused_as = values["refused_as"]
    return UnmatchedItem(
        **values
        | {
            "amount_minor": int(values["amount_minor"]),
            "refused_as": None if refused_as is None else ProcessorLineRefusal(refused_as),
        }
    )
