"""Going over to another plan in mid-cycle (metrics, section 7: row 9).

What the old dues still hold is credited and kept as account credit; the rest of the cycle is invoiced at the
new plan's price in proportion, and that credit pays for it. So the client owes the difference, or keeps it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.money import MILLI, round_half_up
from medspa.kernel.vocabulary import (
    AllocationSource,
    CreditReason,
    LineKind,
    MembershipEventKind,
    MembershipStatus,
    PeriodEnd,
    PeriodStatus,
    Permission,
)
from operational.checkout.apply import hold_client, spend
from operational.checkout.drafts import Draft
from operational.checkout.invoices import issue
from operational.checkout.payouts import pay_out
from operational.checkout.queries import found
from operational.checkout.refundable import payable_of_memo
from operational.checkout.schemas import PayoutIn
from operational.identity.access import Actor
from operational.ledger.balances import invoice_open_minor, lock_client, lock_membership
from operational.ledger.days import open_business_date
from operational.memberships.errors import NotPossibleNow
from operational.memberships.life import owed_periods
from operational.memberships.periods import give, note, version_of
from operational.memberships.plans import credits_of, current_version
from operational.memberships.refund import give_back, paid_period
from operational.models import (
    Location,
    Membership,
    MembershipPeriod,
    MembershipPlan,
    MembershipPlanCredit,
    MembershipPlanVersion,
)
from operational.packages.schemas import RefundIn
from operational.prepaid.arithmetic import months_after
from operational.prepaid.errors import NothingLeft


@dataclass(frozen=True, slots=True)
class Changed:
    """A membership on its new plan: what the client keeps of the old dues, or still owes of the new."""

    membership: Membership
    invoice_id: uuid.UUID | None = None
    credit_memo_id: uuid.UUID | None = None
    kept_minor: int = 0
    due_minor: int = 0


def change_plan(session: Session, actor: Actor, membership_id: uuid.UUID, plan_id: uuid.UUID) -> Changed:
    """Another plan from today on, on its current terms; the day on which dues fall due stays.

    Raises Forbidden, NotFound, Invalid, NotPossibleNow, MoreThanCameIn.
    """
    seen = found(session, Membership, membership_id, "membership")
    for permission in (Permission.MEMBERSHIP_MANAGE, Permission.PAYMENT_REFUND):
        actor.require(permission, seen.location_id)
    day = open_business_date(session, seen.location_id)
    membership = lock_membership(session, membership_id)
    # As settling dues does: the contract, then the client.
    lock_client(session, membership.client_id)
    plan = found(session, MembershipPlan, plan_id, "membership plan")
    version = current_version(session, plan.id)
    if not plan.active or version.id == membership.membership_plan_version_id:
        raise Invalid("membership_plan_id: send a plan that is offered and is not the member's own.")
    begins = membership.next_bill_on
    if (
        membership.status is not MembershipStatus.ACTIVE
        or begins is None
        or owed_periods(session, membership)
    ):
        raise NotPossibleNow("Only an active membership without open dues is changed.")
    period = paid_period(session, membership)
    if period is not None and begins <= day:
        raise NotPossibleNow("Bill the dues of today first.")
    _recount(membership, version_of(session, membership), version)
    membership.membership_plan_version_id = version.id
    changed = Changed(membership)
    new = None
    if period is not None and period.starts_on <= day:
        changed, new = _exchange(session, actor, membership, version, period, begins, day)
    note(session, actor, membership, MembershipEventKind.CHANGED, day, new)
    session.flush()
    return changed


def _recount(membership: Membership, before: MembershipPlanVersion, after: MembershipPlanVersion) -> None:
    """Count the periods of the new plan, whose length may be another, so that the next begins when it did.

    The anchor is a period's begin at or before it that keeps the day of the month, where there is one.
    """
    anchor = membership.anchor_on
    months = (membership.next_number - membership.anchor_number) * before.period_months
    begins = [months_after(anchor, months - back * after.period_months) for back in range(12)]
    back = next((one for one, day in enumerate(begins) if day.day == anchor.day), 0)
    membership.anchor_on, membership.anchor_number = begins[back], membership.next_number - back


def _exchange(
    session: Session,
    actor: Actor,
    membership: Membership,
    version: MembershipPlanVersion,
    old: MembershipPeriod,
    begins: date,
    day: date,
) -> tuple[Changed, MembershipPeriod]:
    """The running period ends, and one of the new plan takes its place until the next dues."""
    memo, kept = _keep(session, actor, membership, old, day)
    left = (begins - day).days
    whole = (months_after(old.starts_on, version.period_months) - old.starts_on).days
    new = MembershipPeriod(
        org_id=membership.org_id, membership_id=membership.id, location_id=membership.location_id,
        number=membership.next_number, starts_on=day, days=left,
        price_minor=max(round_half_up(version.price_minor * left, whole), 1), access_minor=0,
        access_returned_minor=0, earned_days=0, status=PeriodStatus.DUE, failures=0,
    )  # fmt: skip
    # One more period until the next dues.
    membership.next_number += 1
    membership.anchor_number += 1
    session.add(new)
    session.flush()
    location = found(session, Location, membership.location_id, "location")
    draft = Draft(LineKind.MEMBERSHIP_DUES, MILLI, new.price_minor, version.tax_class, period=new)
    invoice = issue(session, actor, location, membership.client_id, None, [draft]).invoice
    balance = hold_client(session, membership.client_id, AllocationSource.ACCOUNT_CREDIT)
    pays = min(kept, balance.total_minor, invoice_open_minor(session, invoice.id))
    if pays > 0:
        spend(session, actor, invoice, balance, pays)
    items = _in_proportion(credits_of(session, version.id), left, whole)
    access = round_half_up(version.access_standalone_minor * left, whole)
    give(session, membership, version, new, day, items, access)
    new.status, new.paid_on, new.invoice_id = PeriodStatus.PAID, day, invoice.id
    session.flush()
    due = invoice_open_minor(session, invoice.id)
    return Changed(membership, invoice.id, memo, kept - pays, due), new


def _keep(
    session: Session, actor: Actor, membership: Membership, old: MembershipPeriod, day: date
) -> tuple[uuid.UUID | None, int]:
    """End the old period; its credit memo and what of it the client has as account credit."""
    try:
        credited = give_back(
            session,
            actor,
            membership,
            old,
            RefundIn(reason=CreditReason.PRICE_ADJUSTMENT),
            day,
            PeriodEnd.CHANGED,
        )
    except NothingLeft:
        old.ended_on, old.ended_as = day, PeriodEnd.CHANGED
        return None, 0
    memo = credited.memo
    kept = min(payable_of_memo(session, memo), credited.total_minor)
    if kept > 0:
        asked = PayoutIn(
            currency=memo.currency, credit_memo_id=memo.id, to_account_credit=True, amount_minor=kept
        )
        pay_out(session, actor, asked, f"medspa_plan_change_{memo.id.hex}")
    return memo.id, kept


def _in_proportion(
    whole_credits: Sequence[MembershipPlanCredit], left: int, whole: int
) -> list[MembershipPlanCredit]:
    """Credits for a part of a period: a begun session or unit is given in full, never more than the whole."""
    return [
        MembershipPlanCredit(
            service_id=one.service_id,
            product_id=one.product_id,
            quantity_milli=min(-(-one.quantity_milli * left // (whole * MILLI)) * MILLI, one.quantity_milli),
        )
        for one in whole_credits
    ]
