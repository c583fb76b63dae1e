"""Giving back what is left of paid dues (metrics, section 7: row 14). It is paid out like any credit memo."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import (
    Account,
    LineKind,
    MembershipEventKind,
    MembershipStatus,
    PeriodEnd,
    PeriodStatus,
    Permission,
)
from operational.checkout.credit import Credited
from operational.checkout.errors import NotRefundable
from operational.checkout.queries import found
from operational.identity.access import Actor
from operational.ledger.balances import lock_client, lock_membership
from operational.ledger.days import open_business_date
from operational.ledger.recognition import days_earned
from operational.memberships.periods import note
from operational.memberships.schemas import DuesRefundIn
from operational.models import Entitlement, InvoiceLine, Membership, MembershipFreeze, MembershipPeriod
from operational.packages.schemas import RefundIn
from operational.prepaid import arithmetic, entitlements
from operational.prepaid.refunding import Unused, credit_unused


def refund_dues(session: Session, actor: Actor, membership_id: uuid.UUID, request: DuesRefundIn) -> Credited:
    """Credit the days to come and the unused credits of a paid period, and end it today.

    What comes next is billed all the same unless the membership is cancelled. Raises Forbidden, NotFound,
    NotRefundable, NothingLeft, InvoiceVoided, MoreThanCameIn, Invalid.
    """
    seen = found(session, Membership, membership_id, "membership")
    actor.require(Permission.PAYMENT_REFUND, seen.location_id)
    day = open_business_date(session, seen.location_id)
    membership = lock_membership(session, membership_id)
    # As settling dues does: the contract, then the client.
    lock_client(session, membership.client_id)
    period = paid_period(session, membership, request.number)
    if period is None:
        raise NotRefundable("No dues are paid for such a period, or they went back.")
    credited = give_back(session, actor, membership, period, request, day, PeriodEnd.REFUNDED)
    note(session, actor, membership, MembershipEventKind.REFUNDED, day, period)
    if membership.status is MembershipStatus.CANCELLED and membership.ends_on is not None:
        membership.ends_on = max(min(membership.ends_on, day), membership.joined_on)
    session.flush()
    return credited


def paid_period(
    session: Session, membership: Membership, number: int | None = None
) -> MembershipPeriod | None:
    """A paid period that still runs: the one asked for, or the last."""
    query = select(MembershipPeriod).where(
        MembershipPeriod.membership_id == membership.id,
        MembershipPeriod.status == PeriodStatus.PAID,
        MembershipPeriod.ended_on.is_(None),
    )
    if number is not None:
        query = query.where(MembershipPeriod.number == number)
    query = query.order_by(MembershipPeriod.number.desc()).limit(1)
    return session.scalar(query.execution_options(populate_existing=True))


def give_back(
    session: Session,
    actor: Actor,
    membership: Membership,
    period: MembershipPeriod,
    request: RefundIn,
    day: date,
    ended_as: PeriodEnd,
) -> Credited:
    """Credit what of a period's dues nobody has had; the day and the membership are held."""
    line = session.scalar(
        select(InvoiceLine).where(
            InvoiceLine.membership_period_id == period.id, InvoiceLine.kind == LineKind.MEMBERSHIP_DUES
        )
    )
    if line is None:
        raise NotRefundable("These dues have no invoice here.")
    rows = session.scalars(
        select(Entitlement).where(Entitlement.membership_period_id == period.id).order_by(Entitlement.id)
    ).all()
    access = period.access_minor - earned_before(session, period, day)
    unused = Unused(
        line, Account.DEFERRED_MEMBERSHIPS, membership.id, period.location_id,
        entitlements.with_rest(session, rows), access,
    )  # fmt: skip
    credited = credit_unused(session, actor, unused, request, day)
    period.ended_on, period.ended_as, period.access_returned_minor = day, ended_as, access
    session.flush()
    return credited


def earned_before(session: Session, period: MembershipPeriod, day: date) -> int:
    """What the days before this one earn of a period's access, whether they are closed yet or not."""
    frozen = session.scalars(
        select(MembershipFreeze).where(MembershipFreeze.membership_id == period.membership_id)
    ).all()
    days = max(days_earned(period, frozen, day - timedelta(days=1)), period.earned_days)
    return arithmetic.earned(period.access_minor, days, period.days)
