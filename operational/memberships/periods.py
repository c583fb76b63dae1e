"""The periods a membership is billed for: opening the next, and what happens when its dues are paid or not.

The caller holds the location's day and then the membership's row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.money import MILLI
from medspa.kernel.vocabulary import (
    AllocationSource,
    LineKind,
    MembershipEventKind,
    MembershipStatus,
    PeriodStatus,
)
from operational.checkout.apply import hold_client, spend
from operational.checkout.drafts import NO_TAX, Draft
from operational.checkout.invoices import issue
from operational.checkout.pricing import price
from operational.checkout.queries import found, rates_on
from operational.identity.access import Actor
from operational.memberships.errors import DuesNotCovered
from operational.memberships.plans import credits_of
from operational.models import (
    Entitlement,
    Location,
    Membership,
    MembershipEvent,
    MembershipPeriod,
    MembershipPlanCredit,
    MembershipPlanVersion,
)
from operational.prepaid import entitlements
from operational.prepaid.arithmetic import allocate, months_after

RETRY_AFTER = timedelta(days=3)
TRIES = 3
"""Dues are tried on the day, three days and six days later; then somebody has to speak with the member."""
SET_TERMS = (MembershipEventKind.JOINED, MembershipEventKind.CHANGED)
OPEN = (PeriodStatus.DUE, PeriodStatus.CHARGING, PeriodStatus.FAILED)


def note(
    session: Session,
    actor: Actor,
    membership: Membership,
    kind: MembershipEventKind,
    day: date,
    period: MembershipPeriod | None = None,
) -> None:
    session.add(
        MembershipEvent(
            org_id=membership.org_id, membership_id=membership.id, kind=kind, business_date=day,
            membership_period_id=None if period is None else period.id, staff_id=actor.staff_id,
            membership_plan_version_id=membership.membership_plan_version_id if kind in SET_TERMS else None,
        )
    )  # fmt: skip


def version_of(session: Session, membership: Membership) -> MembershipPlanVersion:
    return found(session, MembershipPlanVersion, membership.membership_plan_version_id, "membership plan")


def starts_of(membership: Membership, version: MembershipPlanVersion, number: int) -> date:
    """The first day of a period, in local dates, safe at the end of a month."""
    return months_after(membership.anchor_on, (number - membership.anchor_number) * version.period_months)


def open_period(session: Session, membership: Membership, day: date) -> MembershipPeriod | None:
    """The period whose dues are owed; the next one when it has begun and nothing is owed before it."""
    owed = session.scalar(
        select(MembershipPeriod)
        .where(MembershipPeriod.membership_id == membership.id, MembershipPeriod.status.in_(OPEN))
        .order_by(MembershipPeriod.number)
        .limit(1)
        .execution_options(populate_existing=True)
    )
    if owed is not None:
        return owed
    begins = membership.next_bill_on
    if membership.status is not MembershipStatus.ACTIVE or begins is None or begins > day:
        return None
    version = version_of(session, membership)
    number = membership.next_number
    following = starts_of(membership, version, number + 1)
    period = MembershipPeriod(
        org_id=membership.org_id, membership_id=membership.id, location_id=membership.location_id,
        number=number, starts_on=begins, days=(following - begins).days, price_minor=version.price_minor,
        access_minor=0, access_returned_minor=0, earned_days=0, status=PeriodStatus.DUE, failures=0,
    )  # fmt: skip
    membership.next_number = number + 1
    membership.next_bill_on = following
    session.add(period)
    session.flush()
    return period


def dues_of(session: Session, membership: Membership, period: MembershipPeriod, day: date) -> int:
    """What a period costs, tax included."""
    version = version_of(session, membership)
    rates = rates_on(session, membership.location_id, version.tax_class, day)
    cost = price(MILLI, period.price_minor, rates)
    return cost.net_minor + cost.tax_minor


def settle(
    session: Session, actor: Actor, membership: Membership, period: MembershipPeriod, day: date
) -> None:
    """Invoice the dues, pay them from the client's deposits, and give what they buy (rows 2 and 4).

    Raises DuesNotCovered.
    """
    version = version_of(session, membership)
    location = found(session, Location, membership.location_id, "location")
    balance = hold_client(session, membership.client_id, AllocationSource.DEPOSIT)
    owed = dues_of(session, membership, period, day)
    if balance.total_minor < owed:
        raise DuesNotCovered(extra={"dues_minor": owed, "deposits_minor": balance.total_minor})
    if day > period.starts_on + timedelta(days=period.days - 1):
        # Paid after its end: it runs from now, and so do the ones that follow.
        membership.anchor_on, membership.anchor_number = day, period.number
        period.starts_on = day
        period.days = (starts_of(membership, version, period.number + 1) - day).days
        membership.next_bill_on = day + timedelta(days=period.days)
    draft = Draft(LineKind.MEMBERSHIP_DUES, MILLI, period.price_minor, version.tax_class, period=period)
    issued = issue(session, actor, location, membership.client_id, None, [draft])
    spend(session, actor, issued.invoice, balance, owed)
    give(session, membership, version, period, day, credits_of(session, version.id))
    late = membership.status is MembershipStatus.PAST_DUE
    period.status, period.paid_on, period.invoice_id = PeriodStatus.PAID, day, issued.invoice.id
    period.next_attempt_on = None
    if late:
        membership.status = MembershipStatus.ACTIVE
        note(session, actor, membership, MembershipEventKind.RECOVERED, day, period)
    elif period.number > 1:
        note(session, actor, membership, MembershipEventKind.RENEWED, day, period)
    session.flush()


def give(
    session: Session,
    membership: Membership,
    version: MembershipPlanVersion,
    period: MembershipPeriod,
    day: date,
    items: Sequence[MembershipPlanCredit],
    access_standalone_minor: int | None = None,
) -> None:
    """The dues over access and credits by stand-alone price; the credits with their expiry."""
    worth = entitlements.worth_of(items, entitlements.standalone_of(session, items))
    access = version.access_standalone_minor if access_standalone_minor is None else access_standalone_minor
    period.access_minor = allocate(period.price_minor, [access, *worth])[0]
    if not items:
        return
    lasts = version.rollover_periods
    ends = None if lasts is None else starts_of(membership, version, period.number + 1 + lasts)
    template = Entitlement(
        org_id=membership.org_id, client_id=membership.client_id, location_id=membership.location_id,
        membership_id=membership.id, membership_period_id=period.id, granted_on=day,
        expires_on=None if ends is None else ends - timedelta(days=1), breakage_ppm=version.breakage_ppm,
        taxed_at_sale=version.tax_class != NO_TAX,
    )  # fmt: skip
    entitlements.grant(session, items, period.price_minor - period.access_minor, template=template)


def fail(session: Session, actor: Actor, membership: Membership, period: MembershipPeriod, day: date) -> None:
    """Dues that were declined: tried again later, until no tries are left."""
    period.status = PeriodStatus.FAILED
    period.failures += 1
    note(session, actor, membership, MembershipEventKind.DUES_FAILED, day, period)
    if period.failures < TRIES:
        period.next_attempt_on = day + RETRY_AFTER
    else:
        period.next_attempt_on = None
        membership.status = MembershipStatus.PAST_DUE
        note(session, actor, membership, MembershipEventKind.PAST_DUE, day, period)
    session.flush()
