"""The billing run: a job that may be stopped and started anywhere, and bills each period once.

A period is a row that exists once per membership and number; its charge has a key made of it, so that the
processor has one effect however often it is called. Dues are settled with their payment (dues.py); what
could not be is settled, or owed again, by the next run. Nothing is held while the processor is called.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import (
    AttemptState,
    DrawerKind,
    MembershipStatus,
    PaymentStatus,
    PeriodStatus,
    Permission,
    Tender,
)
from operational.checkout import attempts
from operational.checkout.desk import Desk
from operational.checkout.payments import begin_card_payment
from operational.checkout.processor.port import Processor
from operational.checkout.queries import found, present
from operational.checkout.schemas import PaymentIn
from operational.identity.access import Actor
from operational.ledger.balances import lock_membership
from operational.ledger.days import open_business_date
from operational.ledger.drawers import virtual_session
from operational.memberships.errors import DuesNotCovered
from operational.memberships.periods import OPEN, dues_of, fail, open_period, settle
from operational.models import Location, Membership, MembershipPeriod, Payment, ProcessorAttempt

_log = logging.getLogger("medspa.memberships")
BATCH = 200
"""Memberships a run takes at most: an HTTP request waits for it."""


@dataclass(slots=True)
class BillingRun:
    """What became of the dues that a run looked at; `waiting`: for a desk or for the processor's word."""

    paid: int = 0
    failed: int = 0
    waiting: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    """What one transaction left a membership at: a charge to make, or an end."""

    status: PeriodStatus | None
    attempt: ProcessorAttempt | None = None
    request: attempts.Request | None = None


def bill_due(desk: Desk, processor: Processor, location_id: uuid.UUID, limit: int = BATCH) -> BillingRun:
    """Bill what is due at a location. Raises Forbidden, NotFound."""
    run = BillingRun()
    with desk.transaction() as session:
        desk.actor.require(Permission.PAYMENT_TAKE, location_id)
        found(session, Location, location_id, "location")
        due = _due(session, location_id, open_business_date(session, location_id), limit + 1)
    run.more = len(due) > limit
    for membership_id in due[:limit]:
        try:
            status = bill(desk, processor, membership_id)
        except DomainError as error:
            # One member whose dues cannot be booked must not hold up the others.
            _log.warning("dues of membership %s wait: %s", membership_id, error.code)
            status = PeriodStatus.DUE
        if status is PeriodStatus.PAID:
            run.paid += 1
        elif status is PeriodStatus.FAILED:
            run.failed += 1
        elif status is not None:
            run.waiting += 1
    return run


def bill(desk: Desk, processor: Processor, membership_id: uuid.UUID) -> PeriodStatus | None:
    """Bring one membership's dues as far as they go; how its period ends up. None: nothing was due."""
    with desk.transaction() as session:
        step = _step(session, desk.actor, membership_id)
    if step.attempt is None or step.request is None:
        return step.status
    result = attempts.call(processor, step.attempt, step.request)
    with desk.transaction() as session:
        attempts.resolve(session, step.attempt.id, result, desk.actor.staff_id)
    with desk.transaction() as session:
        paid = select(MembershipPeriod.status).where(
            MembershipPeriod.payment_id == step.attempt.payment_id,
            MembershipPeriod.status == PeriodStatus.PAID,
        )
        # Settled with its payment: the next period is another run's.
        return session.scalar(paid) or _step(session, desk.actor, membership_id).status


def _due(session: Session, location_id: uuid.UUID, day: date, limit: int) -> list[uuid.UUID]:
    """Memberships with something to do, in the order of their ids so that two runs meet them alike."""
    trying = select(MembershipPeriod.membership_id).where(
        MembershipPeriod.location_id == location_id,
        or_(
            MembershipPeriod.status == PeriodStatus.CHARGING,
            MembershipPeriod.next_attempt_on <= day,
        ),
    )
    owing = select(MembershipPeriod.membership_id).where(
        MembershipPeriod.location_id == location_id, MembershipPeriod.status.in_(OPEN)
    )
    begins = (Membership.next_bill_on <= day) & (Membership.status == MembershipStatus.ACTIVE)
    return list(
        session.scalars(
            select(Membership.id)
            .where(
                Membership.location_id == location_id,
                Membership.id.in_(trying) | (begins & Membership.id.not_in(owing)),
            )
            .order_by(Membership.id)
            .limit(limit)
        )
    )


def _step(session: Session, actor: Actor, membership_id: uuid.UUID) -> _Step:
    """One transaction of a membership: the day is held, then its row, then its period is looked at."""
    seen = found(session, Membership, membership_id, "membership")
    day = open_business_date(session, seen.location_id)
    membership = lock_membership(session, membership_id)
    period = open_period(session, membership, day)
    if period is None:
        return _Step(None)
    if period.status is PeriodStatus.CHARGING:
        return _charged(session, actor, membership, period, day)
    waits = period.next_attempt_on is None or period.next_attempt_on > day
    if period.status is PeriodStatus.FAILED and waits:
        return _Step(PeriodStatus.FAILED)
    if membership.payment_token is None or membership.status is MembershipStatus.FROZEN:
        return _Step(PeriodStatus.DUE)
    attempt = _begin(session, actor, membership, period, day)
    period.status, period.payment_id, period.next_attempt_on = PeriodStatus.CHARGING, attempt.payment_id, None
    session.flush()
    return _to_call(session, attempt, membership)


def _begin(
    session: Session, actor: Actor, membership: Membership, period: MembershipPeriod, day: date
) -> ProcessorAttempt:
    takings = virtual_session(session, membership.location_id, DrawerKind.BILLING)
    asked = PaymentIn(
        location_id=membership.location_id, drawer_session_id=takings.id, tender=Tender.CARD,
        currency=membership.currency, client_id=membership.client_id,
        amount_minor=dues_of(session, membership, period, day), payment_token=membership.payment_token,
        tips=[],
    )  # fmt: skip
    return begin_card_payment(session, actor, asked, f"medspa_dues_{period.id.hex}_{period.failures}")


def _to_call(session: Session, attempt: ProcessorAttempt, membership: Membership) -> _Step:
    request = attempts.charge_request(session, attempt, present(membership.payment_token))
    return _Step(PeriodStatus.CHARGING, attempt, request)


def _charged(
    session: Session, actor: Actor, membership: Membership, period: MembershipPeriod, day: date
) -> _Step:
    """A charge was begun by this run or by one that did not come to its end."""
    payment = found(session, Payment, present(period.payment_id), "payment")
    if payment.status is PaymentStatus.SUCCEEDED:
        try:
            settle(session, actor, membership, period, day)
        except DuesNotCovered:
            # Captured, and spent or given back as a deposit before this run: the dues are owed again.
            fail(session, actor, membership, period, day)
    elif payment.status is PaymentStatus.DECLINED:
        fail(session, actor, membership, period, day)
    else:
        attempt = session.scalars(
            select(ProcessorAttempt).where(ProcessorAttempt.payment_id == payment.id)
        ).one()
        if attempt.state is AttemptState.CREATED:
            # Nobody knows whether it was sent: the same key again has no second effect.
            return _to_call(session, attempt, membership)
    return _Step(period.status)
