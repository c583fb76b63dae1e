"""Joining, freezing, cancelling, and dues settled at the desk. Billing by card is in billing.py."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import (
    MembershipEndReason,
    MembershipEventKind,
    MembershipStatus,
    PaymentStatus,
    PeriodStatus,
    Permission,
)
from operational.checkout.queries import found, require_client
from operational.identity.access import Actor
from operational.ledger.balances import lock_membership
from operational.ledger.days import open_business_date
from operational.memberships.errors import NothingDue, NotPossibleNow
from operational.memberships.periods import OPEN, note, open_period, settle
from operational.memberships.plans import current_version
from operational.memberships.schemas import JoinIn
from operational.models import (
    Entitlement,
    Location,
    Membership,
    MembershipFreeze,
    MembershipPeriod,
    MembershipPlan,
    Payment,
)

MANAGE = Permission.MEMBERSHIP_MANAGE
LATEST_START = timedelta(days=366)


def join(session: Session, actor: Actor, request: JoinIn) -> Membership:
    """A member from today or a later day on, on the plan's current terms. Its first dues are billed then.

    Raises Forbidden, NotFound, Invalid.
    """
    actor.require(MANAGE, request.location_id)
    location = found(session, Location, request.location_id, "location")
    require_client(session, request.client_id)
    plan = found(session, MembershipPlan, request.membership_plan_id, "membership plan")
    if not plan.active:
        raise Invalid("This membership is not offered any more.")
    day = open_business_date(session, location.id)
    starts = request.starts_on or day
    if not day <= starts <= day + LATEST_START:
        raise Invalid(f"starts_on: send a date from {day} to {day + LATEST_START}.")
    membership = Membership(
        org_id=actor.org_id, client_id=request.client_id, location_id=location.id,
        membership_plan_version_id=current_version(session, plan.id).id, currency=location.currency,
        joined_on=starts, status=MembershipStatus.ACTIVE, anchor_on=starts, anchor_number=1, next_number=1,
        next_bill_on=starts, payment_token=request.payment_token,
    )  # fmt: skip
    session.add(membership)
    session.flush()
    note(session, actor, membership, MembershipEventKind.JOINED, day)
    session.flush()
    return membership


def settle_dues(session: Session, actor: Actor, membership_id: uuid.UUID) -> Membership:
    """Pay the dues that are owed from the client's deposits: a desk takes a deposit first.

    Raises Forbidden, NotFound, NothingDue, DuesNotCovered, NotPossibleNow.
    """
    membership, day = _hold(session, actor, membership_id, Permission.PAYMENT_TAKE)
    period = open_period(session, membership, day)
    if period is None:
        raise NothingDue
    _refuse_in_flight(session, period)
    settle(session, actor, membership, period, day)
    return membership


def freeze(session: Session, actor: Actor, membership_id: uuid.UUID) -> Membership:
    """From today on nothing is earned, billed or used. Raises NotPossibleNow."""
    membership, day = _hold(session, actor, membership_id)
    if membership.status is not MembershipStatus.ACTIVE or owed_periods(session, membership):
        raise NotPossibleNow("Only a membership without open dues is frozen.")
    again = session.scalar(
        select(MembershipFreeze.id).where(
            MembershipFreeze.membership_id == membership.id, MembershipFreeze.frozen_from == day
        )
    )
    if again is not None:
        raise NotPossibleNow("It was frozen and unfrozen today already.")
    session.add(MembershipFreeze(org_id=membership.org_id, membership_id=membership.id, frozen_from=day))
    membership.status = MembershipStatus.FROZEN
    note(session, actor, membership, MembershipEventKind.FROZEN, day)
    session.flush()
    return membership


def unfreeze(session: Session, actor: Actor, membership_id: uuid.UUID) -> Membership:
    """From today on it counts again; what was to come moves by the frozen days. Raises NotPossibleNow."""
    membership, day = _hold(session, actor, membership_id)
    _thaw(session, actor, membership, day)
    session.flush()
    return membership


def cancel(
    session: Session, actor: Actor, membership_id: uuid.UUID, reason: MembershipEndReason
) -> Membership:
    """No more dues. What is paid is earned to its end; credits stay until they expire.

    Raises NotPossibleNow for a cancelled one, and while dues are being charged.
    """
    membership, day = _hold(session, actor, membership_id)
    if membership.status is MembershipStatus.CANCELLED:
        raise NotPossibleNow
    if membership.status is MembershipStatus.FROZEN:
        _thaw(session, actor, membership, day)
    ends = (membership.next_bill_on or day) - timedelta(days=1)
    for period in owed_periods(session, membership):
        _refuse_in_flight(session, period)
        period.status, period.next_attempt_on = PeriodStatus.WAIVED, None
        ends = period.starts_on - timedelta(days=1)
    membership.status = MembershipStatus.CANCELLED
    membership.cancelled_on, membership.cancel_reason = day, reason
    membership.next_bill_on, membership.ends_on = None, max(ends, day)
    note(session, actor, membership, MembershipEventKind.CANCELLED, day)
    session.flush()
    return membership


def _hold(
    session: Session, actor: Actor, membership_id: uuid.UUID, permission: Permission = MANAGE
) -> tuple[Membership, date]:
    """The day first, then the row: as the close and billing take them."""
    seen = found(session, Membership, membership_id, "membership")
    actor.require(permission, seen.location_id)
    day = open_business_date(session, seen.location_id)
    return lock_membership(session, membership_id), day


def owed_periods(session: Session, membership: Membership) -> list[MembershipPeriod]:
    return list(
        session.scalars(
            select(MembershipPeriod).where(
                MembershipPeriod.membership_id == membership.id, MembershipPeriod.status.in_(OPEN)
            )
        )
    )


def _refuse_in_flight(session: Session, period: MembershipPeriod) -> None:
    """A charge without an answer, or one that was captured and is not settled yet."""
    if period.status is not PeriodStatus.CHARGING or period.payment_id is None:
        return
    if found(session, Payment, period.payment_id, "payment").status is not PaymentStatus.DECLINED:
        raise NotPossibleNow("The dues are being charged; run the billing and try again.")


def _thaw(session: Session, actor: Actor, membership: Membership, day: date) -> None:
    freeze_row = session.scalar(
        select(MembershipFreeze).where(
            MembershipFreeze.membership_id == membership.id, MembershipFreeze.frozen_until.is_(None)
        )
    )
    if membership.status is not MembershipStatus.FROZEN or freeze_row is None:
        raise NotPossibleNow("The membership is not frozen.")
    freeze_row.frozen_until = day
    by = day - freeze_row.frozen_from
    if membership.next_bill_on is not None:
        membership.next_bill_on += by
        membership.anchor_on, membership.anchor_number = membership.next_bill_on, membership.next_number
    # Those that had expired before the freeze had nothing left by then.
    for row in session.scalars(
        select(Entitlement).where(
            Entitlement.membership_id == membership.id, Entitlement.expires_on >= freeze_row.frozen_from
        )
    ):
        if row.expires_on is not None:
            row.expires_on += by
    membership.status = MembershipStatus.ACTIVE
    note(session, actor, membership, MembershipEventKind.UNFROZEN, day)
