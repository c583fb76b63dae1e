"""Keeping the processor's lines as it tells them, and those that stand for what it does not tell by line.

What they are about is found in processor_subjects.py, what they post in processor_booking.py. The merchant
account is held by whoever keeps lines of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import ProcessorLineEvent, ProcessorLineKind, ProcessorLineRefusal
from operational.banking.processor_subjects import home_of, subject
from operational.checkout.processor.port import BalanceLine, PaidOut
from operational.checkout.queries import found
from operational.models import (
    Location,
    MerchantAccount,
    ProcessorLine,
    ProcessorLineHistory,
    ProcessorPayout,
)

DIFFERENCE = "difference:"
"""Begins the reference of a line of ours: what a payout brought beyond the lines that it names."""


def keep(session: Session, account: MerchantAccount, told: Sequence[BalanceLine]) -> int:
    """Lines of the report, each once; how many were new."""
    home = home_of(session, account)
    new = 0
    for one in told:
        about = {} if refusal(one.currency, home) else subject(session, account.id, one)
        place = found(session, Location, about.pop("location_id", home.id), "location")
        occurred_on = clock.business_date(one.at, place.timezone, place.cutover_hour)
        new += _add(
            session, account, one, home, kind=one.kind.value, amount_minor=one.amount_minor,
            fee_minor=one.fee_minor, occurred_on=occurred_on, about_reference=one.about, location_id=place.id,
            **about,
        )  # fmt: skip
    return new


def keep_opening(session: Session, account: MerchantAccount, told: Sequence[BalanceLine]) -> None:
    """Lines of a payout from before the report begins here, as what they brought: it was owed then."""
    home = home_of(session, account)
    begin = clock.begin_of(account.reports_from, home.timezone, home.cutover_hour)
    for one in told:
        if one.at < begin:
            _add(
                session, account, one, home, kind=ProcessorLineKind.OPENING.value,
                amount_minor=one.amount_minor - one.fee_minor, fee_minor=0, occurred_on=account.reports_from,
                location_id=home.id,
            )  # fmt: skip


def keep_difference(
    session: Session, account: MerchantAccount, payout: ProcessorPayout, missing: int
) -> ProcessorLine:
    """Lines that do not add up to what was paid: the rest is a line to be asked about."""
    home = home_of(session, account)
    line = ProcessorLine(
        org_id=account.org_id, id=new_id(), merchant_account_id=account.id,
        line_reference=f"{DIFFERENCE}{payout.payout_reference}", kind=ProcessorLineKind.ADJUSTMENT,
        currency=payout.currency, amount_minor=missing, fee_minor=0, occurred_at=clock.now(),
        occurred_on=payout.arrived_on, location_id=home.id, refused_as=refusal(payout.currency, home),
    )  # fmt: skip
    session.add(line)
    session.flush()
    return line


def left_over(
    session: Session, account_id: uuid.UUID, paid: PaidOut, lines: Sequence[ProcessorLine]
) -> list[ProcessorLine]:
    """Differences of payouts that failed, which end with the one that is paid in their place.

    The processor names no such line: it is that one's if it repeats lines of a failed payout, or is short of
    its own by as much.
    """
    differences = list(
        session.scalars(
            select(ProcessorLine)
            .where(
                ProcessorLine.merchant_account_id == account_id,
                ProcessorLine.line_reference.startswith(DIFFERENCE),
                ProcessorLine.processor_payout_id.is_(None),
                ProcessorLine.currency == paid.currency,
            )
            .order_by(ProcessorLine.id)
            .execution_options(populate_existing=True)
        )
    )
    if not differences:
        return []
    missing = paid.net_minor - sum(one.amount_minor - one.fee_minor for one in lines)
    repeated = select(ProcessorLineHistory.id).where(
        ProcessorLineHistory.processor_line_id.in_([one.id for one in lines]),
        ProcessorLineHistory.event == ProcessorLineEvent.SENT_BACK,
    )
    in_its_place = missing == sum(one.amount_minor for one in differences)
    return differences if in_its_place or session.scalar(repeated.limit(1)) is not None else []


def refusal(currency: str, home: Location) -> ProcessorLineRefusal | None:
    """Why a line is kept and not booked: the books of its account are kept in one currency."""
    return None if currency == home.currency else ProcessorLineRefusal.OTHER_CURRENCY


def _add(
    session: Session, account: MerchantAccount, told: BalanceLine, home: Location, **values: Any
) -> bool:
    kept = session.scalar(
        insert(ProcessorLine)
        .values(
            org_id=account.org_id, id=new_id(), merchant_account_id=account.id,
            line_reference=told.reference, currency=told.currency, occurred_at=told.at,
            refused_as=refusal(told.currency, home), created_at=clock.now(), **values,
        )
        .on_conflict_do_nothing(index_elements=["org_id", "merchant_account_id", "line_reference"])
        .returning(ProcessorLine.id)
    )  # fmt: skip
    return kept is not None
