"""Reading the card processor's own account: its lines and its payouts, which processor_booking.py books.

It begins with the day that the merchant account says: what is earlier is in the books that were kept before.

The processor is asked with nothing held. Lines come from it and never from postings, so that the two can be
compared.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import ProcessorLineKind
from operational.banking import processor_booking
from operational.banking.processor_lines import DIFFERENCE, keep
from operational.banking.processor_subjects import home_of
from operational.checkout import refund_failures
from operational.checkout.desk import Desk, open_desk, settlement_actor
from operational.checkout.processor.port import PaidOut, Processor
from operational.checkout.queries import found
from operational.models import MerchantAccount, ProcessorLine, ProcessorPayout

_log = logging.getLogger("medspa.banking")
_ACCOUNTS = text("select org_id, merchant_account_id from directory.merchant_accounts()")
LOOK_BACK = timedelta(days=45)
"""Payouts arrive out of order, and may fail days after they arrived: so much is read again."""


@dataclass(frozen=True, slots=True)
class Read:
    """How many lines and payouts were new."""

    lines: int
    payouts: int


def read_reports(engine: Engine, processor: Processor) -> Read:
    """Read what is new on every merchant account of every organization."""
    lines = payouts = 0
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        accounts = [(row[0], row[1]) for row in connection.execute(_ACCOUNTS)]
    for org_id, account_id in accounts:
        try:
            with open_desk(engine, settlement_actor(org_id)) as desk:
                read = read_account(desk, processor, account_id)
        except (SQLAlchemyError, DomainError) as error:
            # One account that cannot be read must not hold up the others.
            _log.warning("merchant account %s waits: %s", account_id, type(error).__name__)
            continue
        lines, payouts = lines + read.lines, payouts + read.payouts
    return Read(lines, payouts)


def read_account(desk: Desk, processor: Processor, account_id: uuid.UUID) -> Read:
    """Read one account to its end: lines first, for a payout names its lines. Raises ProcessorSilent."""
    lines = 0
    while True:
        with desk.transaction() as session:
            name, begin = _account(session, account_id)
            after = _last_line(session, account_id)
        told = processor.balance_lines(name, after, begin)
        with desk.transaction() as session:
            account = found(session, MerchantAccount, account_id, "merchant account", lock=True)
            if account.processor_account != name:
                # Its name was corrected meanwhile: these lines are another account's.
                return Read(lines, 0)
            new = keep(session, account, told)
        lines += new
        if not new:
            break
    with desk.transaction() as session:
        processor_booking.find_paid_out(session, account_id)
        since = _since(session, account_id)
        failed = refund_failures.told_of(session, account_id)
    for payout_id, happened_on in failed:
        with desk.transaction() as session:
            refund_failures.record(session, payout_id, happened_on)
    seen = processor.payouts(name, since)
    with desk.transaction() as session:
        # Before any is booked: what a failed one held comes with a later one.
        processor_booking.undo_failed(session, account_id, [one.reference for one in seen if one.failed])
        new_ones = _unknown(session, account_id, [one for one in seen if not one.failed])
    payouts = 0
    for one in new_ones:
        of_payout = processor.payout_lines(name, one.reference)
        with desk.transaction() as session:
            payouts += processor_booking.book(session, account_id, one, of_payout)
    return Read(lines, payouts)


def _account(session: Session, account_id: uuid.UUID) -> tuple[str, datetime]:
    """What the processor calls it, and the instant with which its report begins here."""
    account = found(session, MerchantAccount, account_id, "merchant account")
    home = home_of(session, account)
    return account.processor_account, clock.begin_of(account.reports_from, home.timezone, home.cutover_hour)


def _last_line(session: Session, account_id: uuid.UUID) -> str | None:
    return session.scalar(
        select(ProcessorLine.line_reference)
        .where(
            ProcessorLine.merchant_account_id == account_id,
            ~ProcessorLine.line_reference.startswith(DIFFERENCE),
            ProcessorLine.kind != ProcessorLineKind.OPENING,
        )
        .order_by(ProcessorLine.id.desc())
        .limit(1)
    )


def _since(session: Session, account_id: uuid.UUID) -> date:
    begin = found(session, MerchantAccount, account_id, "merchant account").reports_from
    newest: date | None = session.scalar(
        select(func.max(ProcessorPayout.arrived_on)).where(ProcessorPayout.merchant_account_id == account_id)
    )
    return begin if newest is None else max(begin, newest - LOOK_BACK)


def _unknown(session: Session, account_id: uuid.UUID, told: Sequence[PaidOut]) -> list[PaidOut]:
    """Those that are not booked, by their arrival."""
    known = set(
        session.scalars(
            select(ProcessorPayout.payout_reference).where(
                ProcessorPayout.merchant_account_id == account_id,
                ProcessorPayout.payout_reference.in_([one.reference for one in told]),
            )
        )
    )
    fresh = [one for one in told if one.reference not in known]
    return sorted(fresh, key=lambda one: (one.arrived_on, one.reference))
