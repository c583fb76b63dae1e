"""Writing journal entries: lines in, one round trip, an entry with its postings out.

The rules live in the database (migrations/sql/3x); which lines an event has is its own area's matter.
"""

from __future__ import annotations

import json
import operator
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from uuid import UUID

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from medspa.kernel.clock import now
from medspa.kernel.database import organization_of
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, LedgerEvent
from operational.ledger.errors import UnbalancedEntry, translated
from operational.models import Posting


@dataclass(frozen=True, slots=True)
class Line:
    """One posting to be: a signed amount (debit +, credit −) on an account of a location."""

    account: Account
    amount_minor: int
    location_id: UUID
    invoice_id: UUID | None = None
    invoice_line_id: UUID | None = None
    client_id: UUID | None = None
    gift_card_id: UUID | None = None
    contract_id: UUID | None = None
    provider_id: UUID | None = None
    merchant_account_id: UUID | None = None
    programme_id: UUID | None = None
    jurisdiction_id: UUID | None = None
    other_location_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry to be, on a named business date, for `post_many`."""

    event: LedgerEvent
    source_kind: str
    source_id: UUID
    business_date: date
    lines: Sequence[Line]


_COLUMNS = tuple(field.name for field in fields(Line))
_POST = text(
    "select ledger_post(:entry_id, :event, :source_kind, :source_id, cast(:lines as jsonb), :at,"
    " cast(:business_date as date), cast(:external_date as date), cast(:staff_id as uuid),"
    " cast(:reverses_id as uuid))"
)

_POST_MANY = text("select ledger_post_many(cast(:entries as jsonb), cast(:lines as jsonb), :at)")
_ENTRIES_A_CALL = 5_000


def post_many(session: Session, entries: Sequence[Entry]) -> int:
    """Write many entries, a few thousand per round trip, under the rules of `post`; how many there were.

    For what is moved in from another system: every business date is named and must be open. Lines of
    amount zero are dropped, and entries of nothing else. Raises what `post` raises.
    """
    session.flush()
    written = 0
    for start in range(0, len(entries), _ENTRIES_A_CALL):
        heads: list[dict[str, object]] = []
        lines: list[dict[str, object]] = []
        for entry in entries[start : start + _ENTRIES_A_CALL]:
            kept = [line for line in entry.lines if line.amount_minor != 0]
            if not kept:
                continue
            if any(_sums(kept).values()):
                raise UnbalancedEntry("The lines of a journal entry sum to zero at each location.")
            head = (new_id(), entry.event, entry.source_kind, entry.source_id)
            heads.append(dict(zip(("id", "event", "source_kind", "source_id"), head, strict=True)))
            of_entry = {"entry_id": head[0], "business_date": entry.business_date}
            lines += [
                {"id": new_id(), "line_no": number, **of_entry, **_values(line)}
                for number, line in enumerate(kept, start=1)
            ]
        if heads:
            values = {
                "entries": orjson.dumps(heads).decode(),
                "lines": orjson.dumps(lines).decode(),
                "at": now(),
            }
            with translated():
                session.execute(_POST_MANY, values)
        written += len(heads)
    return written


def post(
    session: Session,
    *,
    event: LedgerEvent,
    source_kind: str,
    source_id: UUID,
    lines: Sequence[Line],
    business_date: date | None = None,
    external_date: date | None = None,
    staff_id: UUID | None = None,
    reverses_id: UUID | None = None,
    dates: Mapping[UUID, date] | None = None,
) -> UUID:
    """Write one entry and return its id; `business_date` None: the open day of each location.

    `dates`: the business date at a location where it is another than at the rest.

    Lines of amount zero are dropped. Raises Invalid when nothing is left or an amount is no integer,
    UnbalancedEntry when a location's lines do not sum to zero, and what the database refuses at once
    (MissingSubledgerKey, WrongBooks, DayClosed, DayNotBegun, AlreadyPosted). InsufficientBalance comes at
    the commit.
    """
    if any(type(line.amount_minor) is not int for line in lines):
        raise Invalid("An amount is a whole number of minor units.")
    kept = [line for line in lines if line.amount_minor != 0]
    if not kept:
        raise Invalid("A journal entry needs an amount other than zero.")
    if any(_sums(kept).values()):
        raise UnbalancedEntry("The lines of a journal entry sum to zero at each location.")
    session.flush()
    entry_id = new_id()
    values = {
        "entry_id": entry_id,
        "event": event.value,
        "source_kind": source_kind,
        "source_id": source_id,
        "lines": json.dumps([_payload(number, line, dates or {}) for number, line in enumerate(kept, 1)]),
        "at": now(),
        "business_date": business_date,
        "external_date": external_date,
        "staff_id": staff_id,
        "reverses_id": reverses_id,
    }
    with translated():
        session.execute(_POST, values)
    return entry_id


def reverse(
    session: Session,
    entry_id: UUID,
    *,
    dates: Mapping[UUID, date] | None = None,
    staff_id: UUID | None = None,
) -> UUID:
    """Post the opposite of an entry, to each location's open day unless told; at most once per entry.

    Raises NotFound when there is no such entry; a second reversal is refused by the database.
    """
    postings = session.scalars(
        select(Posting)
        .where(Posting.org_id == organization_of(session), Posting.entry_id == entry_id)
        .order_by(Posting.line_no)
    ).all()
    if not postings:
        raise NotFound("There is no such journal entry.")
    lines = [
        Line(
            **{name: getattr(posting, name) for name in _COLUMNS if name not in ("account", "amount_minor")},
            account=Account(posting.account),
            amount_minor=-posting.amount_minor,
        )
        for posting in postings
    ]
    return post(
        session,
        event=LedgerEvent.REVERSAL,
        source_kind="journal_entry",
        source_id=entry_id,
        lines=lines,
        staff_id=staff_id,
        reverses_id=entry_id,
        dates=dates,
    )


def across_locations(lines: Sequence[Line]) -> list[Line]:
    """Lines that balance over all their locations, completed so that each location balances.

    Where a location's lines are a net debit it owes the other (2900); where they are a net credit it
    is owed (1900). Lines of one location come back as they are. Raises UnbalancedEntry when the whole
    does not sum to zero.
    """
    sums = {location: amount for location, amount in _sums(lines).items() if amount}
    if sum(sums.values()) != 0:
        raise UnbalancedEntry("The lines of an event over several locations sum to zero.")
    completed = list(lines)
    owing = sorted((pair for pair in sums.items() if pair[1] > 0), key=_by_location)
    owed = sorted((pair for pair in sums.items() if pair[1] < 0), key=_by_location)
    while owing and owed:
        (debtor, debt), (creditor, credit) = owing[-1], owed[-1]
        amount = min(debt, -credit)
        completed.append(
            Line(Account.DUE_TO_LOCATIONS, -amount, location_id=debtor, other_location_id=creditor)
        )
        completed.append(
            Line(Account.DUE_FROM_LOCATIONS, amount, location_id=creditor, other_location_id=debtor)
        )
        owing[-1:] = [(debtor, debt - amount)] if debt > amount else []
        owed[-1:] = [(creditor, credit + amount)] if -credit > amount else []
    return completed


def _by_location(pair: tuple[UUID, int]) -> UUID:
    return pair[0]


def _sums(lines: Sequence[Line]) -> dict[UUID, int]:
    sums: dict[UUID, int] = defaultdict(int)
    for line in lines:
        sums[line.location_id] += line.amount_minor
    return sums


def _payload(number: int, line: Line, dates: Mapping[UUID, date]) -> dict[str, str | int]:
    payload: dict[str, str | int] = {"id": str(new_id()), "line_no": number}
    if line.location_id in dates:
        payload["business_date"] = dates[line.location_id].isoformat()
    for name in _COLUMNS:
        value = getattr(line, name)
        if value is not None:
            payload[name] = value if isinstance(value, int) else str(value)
    return payload


_fields = operator.attrgetter(*_COLUMNS)


def _values(line: Line) -> dict[str, object]:
    return {name: value for name, value in zip(_COLUMNS, _fields(line), strict=True) if value is not None}
