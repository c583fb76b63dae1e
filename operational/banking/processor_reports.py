"""Reading the card processor's own account: its lines are kept, its payouts booked (row 22).

The processor is asked with nothing held. Lines come from it and never from postings, so that the two can be
compared. What a payout holds that is about nothing of ours waits in 1290.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, LedgerEvent, ProcessorLineKind
from operational.checkout.desk import Desk, open_desk, settlement_actor
from operational.checkout.processor.port import BalanceLine, PaidOut, Processor
from operational.checkout.queries import found
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, across_locations, post
from operational.models import (
    Dispute,
    Location,
    MerchantAccount,
    Payment,
    Payout,
    ProcessorLine,
    ProcessorPayout,
)

_log = logging.getLogger("medspa.banking")
_ACCOUNTS = text("select org_id, merchant_account_id from directory.merchant_accounts()")
_DISPUTES = (ProcessorLineKind.DISPUTE, ProcessorLineKind.DISPUTE_REVERSAL)


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
    lines = payouts = 0
    while True:
        with desk.transaction() as session:
            name, after = _name_of(session, account_id), _last_line(session, account_id)
        told = processor.balance_lines(name, after)
        with desk.transaction() as session:
            new = _keep_lines(session, account_id, told)
        lines += new
        if not new:
            break
    with desk.transaction() as session:
        _find_paid_out(session, account_id)
    while True:
        with desk.transaction() as session:
            after = _last_payout(session, account_id)
        paid = processor.payouts(name, after)
        with desk.transaction() as session:
            new = _keep_payouts(session, account_id, paid)
        payouts += new
        if not new:
            return Read(lines, payouts)


def _name_of(session: Session, account_id: uuid.UUID) -> str:
    account = found(session, MerchantAccount, account_id, "merchant account")
    return account.processor_account or str(account.id)


def _last_line(session: Session, account_id: uuid.UUID) -> str | None:
    return session.scalar(
        select(ProcessorLine.line_reference)
        .where(ProcessorLine.merchant_account_id == account_id)
        .order_by(ProcessorLine.id.desc())
        .limit(1)
    )


def _last_payout(session: Session, account_id: uuid.UUID) -> str | None:
    return session.scalar(
        select(ProcessorPayout.payout_reference)
        .where(ProcessorPayout.merchant_account_id == account_id)
        .order_by(ProcessorPayout.id.desc())
        .limit(1)
    )


def _keep_lines(session: Session, account_id: uuid.UUID, told: Sequence[BalanceLine]) -> int:
    if not told:
        return 0
    account = found(session, MerchantAccount, account_id, "merchant account", lock=True)
    home = session.scalars(
        select(Location)
        .where(Location.legal_entity_id == account.legal_entity_id)
        .order_by(Location.created_at, Location.id)
        .limit(1)
    ).one()
    new = 0
    for one in told:
        subject = _subject(session, one.kind, one.about)
        place = found(session, Location, subject.pop("location_id", home.id), "location")
        occurred_on = clock.business_date(one.at, place.timezone, place.cutover_hour)
        kept = session.scalar(
            insert(ProcessorLine)
            .values(
                org_id=account.org_id, id=new_id(), merchant_account_id=account_id, kind=one.kind.value,
                line_reference=one.reference, currency=one.currency, amount_minor=one.amount_minor,
                fee_minor=one.fee_minor, occurred_at=one.at, occurred_on=occurred_on,
                about_reference=one.about, location_id=place.id, created_at=clock.now(), **subject,
            )
            .on_conflict_do_nothing(index_elements=["org_id", "merchant_account_id", "line_reference"])
            .returning(ProcessorLine.id)
        )  # fmt: skip
        new += kept is not None
    return new


def _subject(session: Session, kind: ProcessorLineKind, about: str | None) -> dict[str, uuid.UUID]:
    """The payment, payout or dispute a line is about, and where it is; nothing of ours: empty."""
    if about is None:
        return {}
    if kind in _DISPUTES:
        query = select(Dispute.id, Dispute.location_id).where(Dispute.dispute_reference == about)
        name = "dispute_id"
    elif kind is ProcessorLineKind.REFUND:
        query = select(Payout.id, Payout.location_id).where(Payout.processor_reference == about)
        name = "payout_id"
    else:
        query = select(Payment.id, Payment.location_id).where(Payment.processor_reference == about)
        name = "payment_id"
    row = session.execute(query.limit(1)).one_or_none()
    return {} if row is None else {name: row[0], "location_id": row[1]}


def _keep_payouts(session: Session, account_id: uuid.UUID, told: Sequence[PaidOut]) -> int:
    account = found(session, MerchantAccount, account_id, "merchant account", lock=True)
    new = 0
    for one in told:
        known = session.scalar(
            select(ProcessorPayout.id).where(
                ProcessorPayout.merchant_account_id == account_id,
                ProcessorPayout.payout_reference == one.reference,
            )
        )
        lines = session.scalars(
            select(ProcessorLine)
            .where(
                ProcessorLine.merchant_account_id == account_id, ProcessorLine.line_reference.in_(one.lines)
            )
            .order_by(ProcessorLine.id)
            .execution_options(populate_existing=True)
        ).all()
        if len(lines) < len(one.lines):
            # A line came between the two readings: the next one takes it, and this payout after it.
            break
        if known is None:
            _book(session, account, one, lines)
            new += 1
    return new


def _book(session: Session, account: MerchantAccount, paid: PaidOut, lines: Sequence[ProcessorLine]) -> None:
    gross, fee = sum(one.amount_minor for one in lines), sum(one.fee_minor for one in lines)
    payout = ProcessorPayout(
        org_id=account.org_id, id=new_id(), merchant_account_id=account.id, payout_reference=paid.reference,
        currency=paid.currency, gross_minor=paid.net_minor + fee, fee_minor=fee, net_minor=paid.net_minor,
        arrived_on=paid.arrived_on,
    )  # fmt: skip
    session.add(payout)
    session.flush()
    sums: dict[tuple[uuid.UUID, Account], int] = defaultdict(int)
    for one in lines:
        _find_late(session, one)
        one.processor_payout_id = payout.id
        for booked, amount in _booked(one).items():
            sums[one.location_id, booked] += amount
    # Lines that do not add up to what was paid: the difference is to be asked about.
    if lines and (missing := paid.net_minor - gross + fee):
        sums[lines[0].location_id, Account.BANK] += missing
        sums[lines[0].location_id, Account.UNMATCHED_ITEMS] -= missing
    session.flush()
    entry = [
        Line(
            booked, amount, place,
            merchant_account_id=account.id if booked is Account.CARD_CLEARING else None,
        )
        for (place, booked), amount in sums.items()
        if amount
    ]  # fmt: skip
    if not entry:
        return
    today = open_business_date(session, entry[0].location_id)
    post(
        session,
        event=LedgerEvent.PROCESSOR_PAID_OUT,
        source_kind="processor_payout",
        source_id=payout.id,
        lines=entry,
        external_date=paid.arrived_on if paid.arrived_on != today else None,
    )


def _find_paid_out(session: Session, account_id: uuid.UUID) -> None:
    """What was paid out before it was booked here leaves 1290 for the clearing account that expects it."""
    found(session, MerchantAccount, account_id, "merchant account", lock=True)
    unknown = session.scalars(
        select(ProcessorLine)
        .where(
            ProcessorLine.merchant_account_id == account_id,
            ProcessorLine.processor_payout_id.is_not(None),
            ProcessorLine.about_reference.is_not(None),
            ProcessorLine.kind != ProcessorLineKind.FEE,
            func.num_nonnulls(ProcessorLine.payment_id, ProcessorLine.payout_id, ProcessorLine.dispute_id)
            == 0,
        )
        .order_by(ProcessorLine.id)
        .execution_options(populate_existing=True)
    ).all()
    for line in unknown:
        home, net = line.location_id, line.amount_minor - line.fee_minor
        _find_late(session, line)
        booked = _booked(line)
        if Account.UNMATCHED_ITEMS in booked:
            continue
        session.flush()
        place = line.location_id
        today = open_business_date(session, place)
        entry = [Line(Account.UNMATCHED_ITEMS, net, home)] + [
            Line(
                account, amount, place,
                merchant_account_id=account_id if account is Account.CARD_CLEARING else None,
            )
            for account, amount in booked.items()
            if account is not Account.BANK and amount
        ]  # fmt: skip
        post(
            session,
            event=LedgerEvent.PROCESSOR_PAID_OUT,
            source_kind="processor_line",
            source_id=line.id,
            lines=across_locations(entry),
            external_date=line.occurred_on if line.occurred_on != today else None,
        )


def _find_late(session: Session, line: ProcessorLine) -> None:
    """What was not known when the line came may be booked by now."""
    if line.payment_id is None and line.payout_id is None and line.dispute_id is None:
        for name, value in _subject(session, line.kind, line.about_reference).items():
            setattr(line, name, value)


def _booked(line: ProcessorLine) -> dict[Account, int]:
    """A line by account. The fee of a dispute was booked when it was opened."""
    net = line.amount_minor - line.fee_minor
    if line.kind is ProcessorLineKind.FEE:
        return {Account.BANK: net, Account.PROCESSOR_FEES: -net}
    if line.payment_id is None and line.payout_id is None and line.dispute_id is None:
        return {Account.BANK: net, Account.UNMATCHED_ITEMS: -net}
    if line.kind in _DISPUTES:
        return {Account.BANK: net, Account.CARD_CLEARING: -net}
    return {
        Account.BANK: net,
        Account.PROCESSOR_FEES: line.fee_minor,
        Account.CARD_CLEARING: -line.amount_minor,
    }
