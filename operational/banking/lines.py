"""The bank's lines, matched with what is expected of it; what matches nothing is named in 1290.

A line that fits exactly one thing is matched when it comes in. Whatever it turns out to be later, the entry
that named it in 1290 is taken back: what it is about was or is booked by itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    Account,
    BankDepositKind,
    BankDepositStatus,
    BankMatch,
    LedgerEvent,
    Permission,
)
from operational.banking import deposits
from operational.banking.errors import AlreadyMatched, DoesNotMatch
from operational.banking.statement import StatementLine, keyed
from operational.checkout.queries import found
from operational.identity.access import Actor
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, post
from operational.models import (
    BankDeposit,
    BankLine,
    JournalEntry,
    LegalEntity,
    Location,
    MerchantAccount,
    ProcessorPayout,
    Remittance,
    ReturnedCheck,
)

EARLIER, LATER = timedelta(days=21), timedelta(days=5)
"""A line is booked at most so long after, or before, the date of what it is about, to match by itself."""
WITHOUT_DOCUMENT = (BankMatch.PROCESSOR_FEE, BankMatch.ELSEWHERE)


Expected = tuple[Any, tuple[ColumnElement[bool], ...], Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a statement: lines that were new, of them matched, and lines known before."""

    new: int
    matched: int
    known_rows: tuple[int, ...] = ()
    """Counted from 1; taken by whichever location of the legal entity."""

    @property
    def known(self) -> int:
        return len(self.known_rows)


def take_lines(
    session: Session, actor: Actor, location_id: uuid.UUID, lines: Sequence[StatementLine]
) -> Taken:
    """Keep a statement's lines; one that is known already is left as it is. Raises Forbidden, NotFound.

    The bank account is the legal entity's: what another location took is known, though it is not shown here.
    """
    actor.require(Permission.DAY_CLOSE, location_id)
    location = _hold(session, location_id)
    day = open_business_date(session, location_id)
    new = matched = 0
    known: list[int] = []
    for row, (key, one) in enumerate(keyed(lines), 1):
        line_id = session.scalar(
            insert(BankLine)
            .values(
                org_id=actor.org_id, id=new_id(), location_id=location_id,
                legal_entity_id=location.legal_entity_id, line_key=key,
                booked_on=one.booked_on, currency=location.currency, amount_minor=one.amount_minor,
                description=one.description, business_date=day, created_at=clock.now(),
            )
            .on_conflict_do_nothing(index_elements=["org_id", "legal_entity_id", "line_key"])
            .returning(BankLine.id)
        )  # fmt: skip
        if line_id is None:
            known.append(row)
            continue
        new += 1
        line = found(session, BankLine, line_id, "bank line", lock=True)
        fits = _candidates(session, line, location)
        if len(fits) == 1:
            _settle(session, actor, line, *fits[0])
            matched += 1
        else:
            _post(
                session, actor, line, LedgerEvent.BANK_LINE_UNMATCHED, Account.BANK, Account.UNMATCHED_ITEMS
            )
    return Taken(new, matched, tuple(known))


def match(
    session: Session, actor: Actor, line_id: uuid.UUID, kind: BankMatch, match_id: uuid.UUID | None
) -> BankLine:
    """Say what a line is about. Raises Forbidden, NotFound, Invalid, AlreadyMatched, DoesNotMatch."""
    seen = found(session, BankLine, line_id, "bank line")
    actor.require(Permission.DAY_CLOSE, seen.location_id)
    location = _hold(session, seen.location_id)
    line = found(session, BankLine, line_id, "bank line", lock=True)
    if line.match_kind is not None:
        raise AlreadyMatched
    if (kind in WITHOUT_DOCUMENT) != (match_id is None):
        raise Invalid("match_id: fees and what is booked elsewhere name no document, all else does.")
    if match_id is not None:
        _require_fit(session, line, location, kind, match_id)
    named = session.scalar(
        select(JournalEntry.id).where(
            JournalEntry.source_kind == "bank_line",
            JournalEntry.source_id == line.id,
            JournalEntry.event == LedgerEvent.BANK_LINE_UNMATCHED,
        )
    )
    _settle(session, actor, line, kind, match_id, named is not None)
    return line


def _settle(
    session: Session,
    actor: Actor,
    line: BankLine,
    kind: BankMatch,
    match_id: uuid.UUID | None,
    named: bool = False,
) -> None:
    """What a line is about is booked by its own document; a line that was named in 1290 leaves it."""
    day = open_business_date(session, line.location_id)
    line.match_kind, line.match_id, line.matched_on = kind, match_id, day
    session.flush()
    if kind is BankMatch.BANK_DEPOSIT and match_id is not None:
        deposit = found(session, BankDeposit, match_id, "bank deposit")
        if deposit.status is BankDepositStatus.SENT:
            deposits.confirm(session, actor, match_id, line.amount_minor, line.booked_on)
    taken = Account.UNMATCHED_ITEMS if named else Account.BANK
    if kind is BankMatch.PROCESSOR_FEE:
        _post(session, actor, line, LedgerEvent.BANK_LINE_BOOKED, taken, Account.PROCESSOR_FEES)
    elif named:
        _post(session, actor, line, LedgerEvent.BANK_LINE_BOOKED, Account.UNMATCHED_ITEMS, Account.BANK)


def _post(
    session: Session, actor: Actor, line: BankLine, event: LedgerEvent, debit: Account, credit: Account
) -> None:
    """The line's amount from one account to another; money that went out goes the other way."""
    place, day = line.location_id, open_business_date(session, line.location_id)
    post(
        session,
        event=event,
        source_kind="bank_line",
        source_id=line.id,
        lines=[Line(debit, line.amount_minor, place), Line(credit, -line.amount_minor, place)],
        external_date=line.booked_on if line.booked_on != day else None,
        staff_id=actor.staff_id,
    )


def _expected(line: BankLine, location: Location, amount: bool) -> dict[BankMatch, Expected]:
    """Per kind: the table, what a document must be to fit the line, and its date."""
    same = line.amount_minor
    of_entity = select(MerchantAccount.id).where(MerchantAccount.legal_entity_id == location.legal_entity_id)
    return {
        BankMatch.PROCESSOR_PAYOUT: (
            ProcessorPayout,
            (
                ProcessorPayout.merchant_account_id.in_(of_entity),
                # One that failed came and went again: its two lines are about nothing that is booked.
                ProcessorPayout.failed_on.is_(None),
                ProcessorPayout.net_minor == same,
                ProcessorPayout.currency == line.currency,
            ),
            ProcessorPayout.arrived_on,
        ),
        BankMatch.BANK_DEPOSIT: (
            BankDeposit,
            (
                BankDeposit.location_id == location.id,
                # One that was confirmed by hand is banked already: it is only linked.
                (BankDeposit.confirmed_minor == same)
                | (BankDeposit.status == BankDepositStatus.SENT)
                # What the bank counted of a bag may differ; who says so has looked.
                & (
                    (BankDeposit.amount_minor == same)
                    | ((BankDeposit.kind == BankDepositKind.CASH) & (not amount and same > 0))
                ),
            ),
            BankDeposit.business_date,
        ),
        BankMatch.RETURNED_CHECK: (
            ReturnedCheck,
            (
                ReturnedCheck.location_id == location.id,
                ReturnedCheck.amount_minor + ReturnedCheck.bank_fee_minor == -same,
            ),
            ReturnedCheck.business_date,
        ),
        BankMatch.REMITTANCE: (
            Remittance,
            (Remittance.location_id == location.id, Remittance.net_minor == same),
            Remittance.business_date,
        ),
    }


def _candidates(session: Session, line: BankLine, location: Location) -> list[tuple[BankMatch, uuid.UUID]]:
    """What the line may be about: the same amount, near in time, and on no other line."""
    between: tuple[date, date] = (line.booked_on - EARLIER, line.booked_on + LATER)
    fits: list[tuple[BankMatch, uuid.UUID]] = []
    for kind, (model, where, day) in _expected(line, location, amount=True).items():
        taken = func.bank_line_names(kind.value, model.id)
        ids = session.scalars(select(model.id).where(*where, day.between(*between), ~taken).limit(2))
        fits += [(kind, one) for one in ids]
    return fits


def _require_fit(
    session: Session, line: BankLine, location: Location, kind: BankMatch, match_id: uuid.UUID
) -> None:
    model, where, _ = _expected(line, location, amount=False)[kind]
    found(session, model, match_id, "document")
    taken = func.bank_line_names(kind.value, model.id)
    if session.scalar(select(model.id).where(model.id == match_id, *where, ~taken)) is None:
        raise DoesNotMatch


def _hold(session: Session, location_id: uuid.UUID) -> Location:
    """The location and its legal entity, held: of two lines about one document the second finds it taken."""
    location = deposits.hold_location(session, location_id)
    session.execute(
        select(LegalEntity.id)
        .where(LegalEntity.id == location.legal_entity_id)
        .with_for_update(key_share=True)
    )
    return location
