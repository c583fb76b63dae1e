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

from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    Account,
    LedgerEvent,
    ProcessorDecision,
    ProcessorLineBooking,
    ProcessorLineEvent,
    ProcessorLineKind,
)
from operational.banking.processor_lines import keep_difference, keep_opening, left_over
from operational.banking.processor_subjects import DISPUTES, find_late, home_of
from operational.checkout.processor.port import BalanceLine, PaidOut
from operational.checkout.queries import found
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, across_locations, post
from operational.models import (
    MerchantAccount,
    ProcessorLine,
    ProcessorLineDecision,
    ProcessorLineHistory,
    ProcessorPayout,
)

BOOKED_ON = {
    ProcessorLineBooking.PROCESSOR_FEE: Account.PROCESSOR_FEES,
    ProcessorLineBooking.CHARGEBACK: Account.CHARGEBACKS,
    ProcessorLineBooking.BAD_DEBT: Account.BAD_DEBT,
}


def book(session: Session, account_id: uuid.UUID, paid: PaidOut, told: Sequence[BalanceLine]) -> bool:
    """Book a payout that has arrived, once; whether it was. One whose lines are not all free waits.

    Amounts of two currencies are never summed: a line of another than the payout's is not of it.
    """
    account = found(session, MerchantAccount, account_id, "merchant account", lock=True)
    known = session.scalar(
        select(ProcessorPayout.id).where(
            ProcessorPayout.merchant_account_id == account_id,
            ProcessorPayout.payout_reference == paid.reference,
        )
    )
    if known is not None:
        return False
    keep_opening(session, account, told)
    lines = list(
        session.scalars(
            select(ProcessorLine)
            .where(
                ProcessorLine.merchant_account_id == account_id,
                ProcessorLine.line_reference.in_([one.reference for one in told]),
                ProcessorLine.processor_payout_id.is_(None),
            )
            .order_by(ProcessorLine.id)
            .execution_options(populate_existing=True)
        )
    )
    if len(lines) < len(told):
        # A line came between the two readings, or an earlier payout that held it has not failed yet.
        return False
    lines = [one for one in lines if one.currency == paid.currency]
    lines += left_over(session, account_id, paid, lines)
    gross, fee = sum(one.amount_minor for one in lines), sum(one.fee_minor for one in lines)
    payout = ProcessorPayout(
        org_id=account.org_id, id=new_id(), merchant_account_id=account.id, payout_reference=paid.reference,
        currency=paid.currency, gross_minor=paid.net_minor + fee, fee_minor=fee, net_minor=paid.net_minor,
        arrived_on=paid.arrived_on,
    )  # fmt: skip
    session.add(payout)
    session.flush()
    if missing := paid.net_minor - gross + fee:
        lines.append(keep_difference(session, account, payout, missing))
    for one in lines:
        find_late(session, one)
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
            ProcessorLine.refused_as.is_(None),
            func.num_nonnulls(ProcessorLine.payment_id, ProcessorLine.payout_id, ProcessorLine.dispute_id)
            == 0,
        )
        .order_by(ProcessorLine.id)
        .execution_options(populate_existing=True)
    ).all()
    for line in unknown:
        before = legs(line)
        if find_late(session, line):
            move(session, line, before, LedgerEvent.PROCESSOR_PAID_OUT)


def move(
    session: Session,
    line: ProcessorLine,
    before: Sequence[Line],
    event: LedgerEvent,
    said: ProcessorLineDecision | None = None,
) -> None:
    """Post how a line that was paid out is known now in place of how it was; the bank has it either way.

    `said`: a person's word of it, or what takes one back.
    """
    if line.processor_payout_id is None:
        # Its payout failed: what it had posted is undone.
        return
    now, bank = legs(line), Account.BANK
    lines = [_opposite(one) for one in before if one.account is not bank]
    lines += [one for one in now if one.account is not bank]
    if said is not None and said.kind is ProcessorDecision.UNDONE:
        _remember(session, [line], ProcessorLineEvent.UNEXPLAINED, before)
    else:
        _remember(session, [line], ProcessorLineEvent.EXPLAINED, now)
    if not any(one.amount_minor for one in lines):
        return
    today = open_business_date(session, line.location_id)
    post(
        session,
        event=event,
        source_kind="processor_line" if said is None else "processor_line_decision",
        source_id=line.id if said is None else said.id,
        lines=across_locations(lines),
        external_date=line.occurred_on if line.occurred_on != today else None,
        staff_id=None if said is None else said.staff_id,
    )


def legs(line: ProcessorLine) -> list[Line]:
    """What a line that is paid out posts, as it is known. A dispute's fee was booked when it was opened."""
    net, place = line.amount_minor - line.fee_minor, line.location_id
    if line.refused_as is not None:
        return []
    if line.kind is ProcessorLineKind.OPENING:
        other = [Line(Account.CARD_CLEARING, -net, place, merchant_account_id=line.merchant_account_id)]
    elif line.kind is ProcessorLineKind.FEE:
        other = [Line(Account.PROCESSOR_FEES, -net, place)]
    elif line.payment_id is None and line.payout_id is None and line.dispute_id is None:
        account = Account.UNMATCHED_ITEMS if line.booked_as is None else BOOKED_ON[line.booked_as]
        other = [Line(account, -net, place)]
    else:
        cleared = net if line.kind in DISPUTES else line.amount_minor
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


def _remember(
    session: Session,
    lines: Sequence[ProcessorLine],
    event: ProcessorLineEvent,
    moved: Sequence[Line] | None = None,
) -> None:
    """Where and on which business date, beside the postings: the two are compared."""
    days = {place: open_business_date(session, place) for place in sorted({one.location_id for one in lines})}
    session.add_all(
        ProcessorLineHistory(
            org_id=one.org_id, processor_line_id=one.id, event=event, location_id=one.location_id,
            business_date=days[one.location_id],
            clears=any(leg.account is Account.CARD_CLEARING for leg in (moved or legs(one))),
        )
        for one in lines
        if one.refused_as is None
    )  # fmt: skip


def _opposite(line: Line) -> Line:
    return replace(line, amount_minor=-line.amount_minor)


def _first(session: Session, payout: ProcessorPayout, lines: Sequence[ProcessorLine]) -> uuid.UUID:
    if lines:
        return lines[0].location_id
    return home_of(session, found(session, MerchantAccount, payout.merchant_account_id, "account")).id
