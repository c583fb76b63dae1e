"""Members: joining, the morning's billing, dues paid at the desk, a pause, the end."""

from __future__ import annotations

import contextlib
import uuid

from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import (
    CreditReason,
    MembershipEndReason,
    MembershipStatus,
    PeriodStatus,
    Purpose,
    Tender,
)
from operational.checkout import payouts
from operational.checkout.errors import MoreThanCameIn, NotRefundable
from operational.checkout.queries import found, present
from operational.checkout.refundable import payable_of_memo
from operational.checkout.schemas import PayoutIn
from operational.ledger.days import open_business_date
from operational.memberships import life
from operational.memberships.billing import bill_due
from operational.memberships.change import change_plan
from operational.memberships.errors import NotPossibleNow
from operational.memberships.periods import dues_of, open_period
from operational.memberships.refund import refund_dues
from operational.memberships.schemas import DuesRefundIn, JoinIn
from operational.models import Membership as Row
from operational.prepaid.errors import NothingLeft
from operational.simulation import tender
from operational.simulation.later import Bill, Enroll, Membership
from operational.simulation.stage import Stage


def enroll(stage: Stage, event: Enroll) -> None:
    visit = event.visit
    known = stage.ids.visits[visit.number]
    sent = JoinIn(
        client_id=known.client_id,
        location_id=stage.ids.places[visit.place],
        membership_plan_id=present(stage.ids.club),
        payment_token=event.token,
    )
    with stage.act(stage.front) as session:
        stage.ids.memberships[visit.number] = life.join(session, stage.front, sent).id
    stage.memory.holders.add(known.client_id)
    stage.memory.clubs.add(visit.place)


def bill(stage: Stage, event: Bill) -> None:
    if event.place not in stage.memory.clubs:
        return
    with stage.desk(stage.manager) as desk:
        bill_due(desk, stage.processor, stage.ids.places[event.place])


def step(stage: Stage, event: Membership) -> None:
    """Each only from a state in which it can be: dues that are owed put a pause off, for one."""
    visit = event.visit
    known, membership_id = stage.ids.visits[visit.number], stage.ids.memberships[visit.number]
    due = 0
    with stage.act(stage.front, Purpose.PAYMENT) as session:
        row = found(session, Row, membership_id, "membership")
        day = open_business_date(session, row.location_id)
        period = open_period(session, row, day)
        owes = period is not None and period.status in (PeriodStatus.DUE, PeriodStatus.FAILED)
        if event.how == "settle" and period is not None and owes:
            due = dues_of(session, row, period, day)
        elif event.how == "freeze" and row.status is MembershipStatus.ACTIVE and period is None:
            life.freeze(session, stage.front, membership_id)
        elif event.how == "unfreeze" and row.status is MembershipStatus.FROZEN:
            life.unfreeze(session, stage.front, membership_id)
            _go_over(stage, session, membership_id)
        elif event.how in ("cancel", "unpaid") and row.status is not MembershipStatus.CANCELLED:
            unpaid = event.how == "unpaid"
            reason = MembershipEndReason.DUES_UNPAID if unpaid else MembershipEndReason.CLIENT_ASKED
            life.cancel(session, stage.front, membership_id, reason)
            if not unpaid:
                _give_back(stage, session, membership_id)
    if not due:
        return
    sent = tender.asked(
        stage, visit.place, Tender.CARD, client_id=known.client_id, amount_minor=due,
        payment_token="tok_visa",  # noqa: S106
    )  # fmt: skip
    with stage.act(stage.front, Purpose.PAYMENT) as session:
        call = tender.begin_card(session, stage, sent)
    tender.capture(stage, call, visit.place)
    with stage.act(stage.front, Purpose.PAYMENT) as session:
        life.settle_dues(session, stage.front, membership_id)


def _go_over(stage: Stage, session: TenantSession, membership_id: uuid.UUID) -> None:
    """Who comes back takes the dearer plan, unless dues are to be billed first."""
    with contextlib.suppress(NotPossibleNow, MoreThanCameIn), session.begin_nested():
        change_plan(session, stage.manager, membership_id, present(stage.ids.club_plus))


def _give_back(stage: Stage, session: TenantSession, membership_id: uuid.UUID) -> None:
    """What is left of the dues of who leaves stays with the client as account credit."""
    asked = DuesRefundIn(reason=CreditReason.GOODWILL)
    with contextlib.suppress(NothingLeft, NotRefundable, MoreThanCameIn), session.begin_nested():
        memo = refund_dues(session, stage.manager, membership_id, asked).memo
        payable = payable_of_memo(session, memo)
        if payable:
            sent = PayoutIn(
                currency=tender.CURRENCY, credit_memo_id=memo.id, to_account_credit=True, amount_minor=payable
            )
            payouts.pay_out(session, stage.manager, sent, f"dues_{memo.id.hex}")
