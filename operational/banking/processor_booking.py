"""What the lines and payouts of the card processor post (metrics, section 7: row 22).

A payout holds lines. What one of them is about is found by the processor's references, when it comes or
later; a line about nothing of ours waits in 1290 until a person says what it is (processor_items.py).
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    Account,
    LedgerEvent,
    ProcessorLineBooking,
    ProcessorLineEvent,
    ProcessorLineKind,
)
from operational.checkout.processor.port import PaidOut
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
    ProcessorLineHistory,
    ProcessorPayout,
)

DIFFERENCE = "difference:"
"""Begins the reference of a line of ours: what a payout brought beyond the lines that it names."""
_DISPUTES = (ProcessorLineKind.DISPUTE, ProcessorLineKind.DISPUTE_REVERSAL)
BOOKED_ON = {
    ProcessorLineBooking.PROCESSOR_FEE: Account.PROCESSOR_FEES,
    ProcessorLineBooking.CHARGEBACK: Account.CHARGEBACKS,
    ProcessorLineBooking.BAD_DEBT: Account.BAD_DEBT,
}


def home_of(session: Session, account: MerchantAccount) -> Location:
    """Where an account's lines about nothing of ours are: the first location of its legal entity."""
    return session.scalars(
        select(Location)
        .where(Location.legal_entity_id == account.legal_entity_id)
        .order_by(Location.created_at, Location.id)
        .limit(1)
    ).one()


def subject(session: Session, kind: ProcessorLineKind, about: str | None) -> dict[str, uuid.UUID]:
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


def book(session: Session, account_id: uuid.UUID, paid: PaidOut, references: Sequence[str]) -> bool:
    """Book a payout that has arrived, once; whether it was. One whose lines are not all free waits."""
    account = found(session, MerchantAccount, account_id, "merchant account", lock=True)
    known = session.scalar(
        select(ProcessorPayout.id).where(
            ProcessorPayout.merchant_account_id == account_id,
            ProcessorPayout.payout_reference == paid.reference,
        )
    )
    lines = list(
        session.scalars(
            select(ProcessorLine)
            .where(
                ProcessorLine.merchant_account_id == account_id,
                ProcessorLine.line_reference.in_(references),
                ProcessorLine.processor_payout_id.is_(None),
            )
            .order_by(ProcessorLine.id)
            .execution_options(populate_existing=True)
        )
    )
    if known is not None or len(lines) < len(references):
        # A line came between the two readings, or an earlier payout that held it has not failed yet.
        return False
    gross, fee = sum(one.amount_minor for one in lines), sum(one.fee_minor for one in lines)
    payout = ProcessorPayout(
        org_id=account.org_id, id=new_id(), merchant_account_id=account.id, payout_reference=paid.reference,
        currency=paid.currency, gross_minor=paid.net_minor + fee, fee_minor=fee, net_minor=paid.net_minor,
        arrived_on=paid.arrived_on,
    )  # fmt: skip
    session.add(payout)
    session.flush()
    if missing := paid.net_minor - gross + fee:
        lines.append(_difference(session, account, payout, missing))
    for one in lines:
        _find_late(session, one)
        one.processor_payout_id = payout.id
    session.flush()
    _post(session, payout, lines, LedgerEvent.PROCESSOR_PAID_OUT, 1)
    return True


def undo_failed(session: Session, account_id: uuid.UUID, references: Sequence[str]) -> None:
    """The bank sent booked payouts back: the money is the processor's to pay again, once per payout.

    What its lines are known as by now is undone, for the payout that repeats them books them so. What is
    not explained yet leaves 1290 with the payout.
    """
    found(session, MerchantAccount, account_id, "merchant account", lock=True)
    failed = session.scalars(
        select(ProcessorPayout)
        .where(
            ProcessorPayout.merchant_account_id == account_id,
            ProcessorPayout.payout_reference.in_(references),
            ProcessorPayout.failed_on.is_(None),
        )
        .order_by(ProcessorPayout.id)
        .execution_options(populate_existing=True)
    ).all()
    for payout in failed:
        lines = session.scalars(
            select(ProcessorLine)
            .where(ProcessorLine.processor_payout_id == payout.id)
            .order_by(ProcessorLine.id)
            .execution_options(populate_existing=True)
        ).all()
        _post(session, payout, lines, LedgerEvent.PROCESSOR_PAYOUT_FAILED, -1)
        payout.failed_on = open_business_date(session, _first(session, payout, lines))
        for one in lines:
            one.processor_payout_id = None
        session.flush()


def find_paid_out(session: Session, account_id: uuid.UUID) -> None:
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
        before = legs(line)
        if _find_late(session, line):
            session.flush()
            move(session, line, before, LedgerEvent.PROCESSOR_PAID_OUT)


def move(
    session: Session,
    line: ProcessorLine,
    before: Sequence[Line],
    event: LedgerEvent,
    staff_id: uuid.UUID | None = None,
) -> None:
    """Post how a line that was paid out is known now in place of how it was; the bank has it either way."""
    bank = Account.BANK
    lines = [_opposite(one) for one in before if one.account is not bank]
    lines += [one for one in legs(line) if one.account is not bank]
    _remember(session, [line], ProcessorLineEvent.EXPLAINED)
    if not any(one.amount_minor for one in lines):
        return
    today = open_business_date(session, line.location_id)
    post(
        session,
        event=event,
        source_kind="processor_line",
        source_id=line.id,
        lines=across_locations(lines),
        external_date=line.occurred_on if line.occurred_on != today else None,
        staff_id=staff_id,
    )


def legs(line: ProcessorLine) -> list[Line]:
    """What a line that is paid out posts, as it is known. A dispute's fee was booked when it was opened."""
    net, place = line.amount_minor - line.fee_minor, line.location_id
    if line.kind is ProcessorLineKind.FEE:
        other = [Line(Account.PROCESSOR_FEES, -net, place)]
    elif line.payment_id is None and line.payout_id is None and line.dispute_id is None:
        account = Account.UNMATCHED_ITEMS if line.booked_as is None else BOOKED_ON[line.booked_as]
        other = [Line(account, -net, place)]
    else:
        cleared = net if line.kind in _DISPUTES else line.amount_minor
        other = [
            Line(Account.PROCESSOR_FEES, cleared - net, place),
            Line(Account.CARD_CLEARING, -cleared, place, merchant_account_id=line.merchant_account_id),
        ]
    return [Line(Account.BANK, net, place), *other]


def _post(
    session: Session, payout: ProcessorPayout, lines: Sequence[ProcessorLine], event: LedgerEvent, sign: int
) -> None:
    paid_out = event is LedgerEvent.PROCESSOR_PAID_OUT
    _remember(session, lines, ProcessorLineEvent.PAID_OUT if paid_out else ProcessorLineEvent.SENT_BACK)
    sums: dict[tuple[uuid.UUID, Account, uuid.UUID | None], int] = defaultdict(int)
    for one in [leg for line in lines for leg in legs(line)]:
        sums[one.location_id, one.account, one.merchant_account_id] += sign * one.amount_minor
    entry = [
        Line(account, amount, place, merchant_account_id=merchant)
        for (place, account, merchant), amount in sums.items()
        if amount
    ]
    if not entry:
        return
    today = open_business_date(session, entry[0].location_id)
    arrived = payout.arrived_on if paid_out else today
    post(
        session,
        event=event,
        source_kind="processor_payout",
        source_id=payout.id,
        lines=entry,
        external_date=arrived if arrived != today else None,
    )


def _remember(session: Session, lines: Sequence[ProcessorLine], event: ProcessorLineEvent) -> None:
    """Where and on which business date, beside the postings: the two are compared."""
    days = {place: open_business_date(session, place) for place in sorted({one.location_id for one in lines})}
    session.add_all(
        ProcessorLineHistory(
            org_id=one.org_id, processor_line_id=one.id, event=event, location_id=one.location_id,
            business_date=days[one.location_id],
            clears=any(leg.account is Account.CARD_CLEARING for leg in legs(one)),
        )
        for one in lines
    )  # fmt: skip


def _difference(
    session: Session, account: MerchantAccount, payout: ProcessorPayout, missing: int
) -> ProcessorLine:
    """Lines that do not add up to what was paid: the rest is a line to be asked about."""
    line = ProcessorLine(
        org_id=account.org_id, id=new_id(), merchant_account_id=account.id,
        line_reference=f"{DIFFERENCE}{payout.payout_reference}", kind=ProcessorLineKind.ADJUSTMENT,
        currency=payout.currency, amount_minor=missing, fee_minor=0, occurred_at=clock.now(),
        occurred_on=payout.arrived_on, location_id=home_of(session, account).id,
    )  # fmt: skip
    session.add(line)
    session.flush()
    return line


def _find_late(session: Session, line: ProcessorLine) -> bool:
    """What was not known when the line came may be booked by now; whether it is."""
    if line.payment_id is not None or line.payout_id is not None or line.dispute_id is not None:
        return False
    told = subject(session, line.kind, line.about_reference)
    for name, value in told.items():
        setattr(line, name, value)
    return bool(told)


def _opposite(line: Line) -> Line:
    return replace(line, amount_minor=-line.amount_minor)


def _first(session: Session, payout: ProcessorPayout, lines: Sequence[ProcessorLine]) -> uuid.UUID:
    if lines:
        return lines[0].location_id
    return home_of(session, found(session, MerchantAccount, payout.merchant_account_id, "account")).id
