"""What the endpoints of memberships take and answer."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from medspa.kernel.vocabulary import MembershipEndReason, MembershipStatus, PeriodEnd, PeriodStatus
from operational.checkout.schemas import Token
from operational.packages.schemas import Breakage, ItemIn, ItemView, Price, RefundIn
from operational.privacy.schemas import PhiSchema
from operational.schemas import Code, Money, Sent, Shown
from operational.text import Line


class TermsIn(Sent):
    """What a membership costs and gives per period."""

    price_minor: Price
    period_months: Annotated[int, Field(ge=1, le=24)] = 1
    access_standalone_minor: Money = Field(
        0,
        description="Worth of the benefits beside the credits; their share of the dues is earned by the day.",
    )
    tax_class: Code = Field(
        "none", description="`none`: taxed when a credit is used, not when dues are paid."
    )
    rollover_periods: Annotated[int, Field(ge=0, le=60)] | None = Field(
        0, description="For how many periods more a credit may be used; null: it does not expire."
    )
    breakage_ppm: Breakage = 0
    credits: list[ItemIn] = Field(default_factory=list, max_length=20)


class MembershipPlanCreate(TermsIn):
    name: Line


class MembershipPlanChange(Sent):
    name: Line | None = None
    active: bool | None = None


class VersionView(Shown):
    id: uuid.UUID
    number: int
    price_minor: int
    period_months: int
    access_standalone_minor: int
    tax_class: str
    rollover_periods: int | None
    breakage_ppm: int
    credits: list[ItemView]


class MembershipPlanView(Shown):
    """`current`: the terms of who joins now."""

    id: uuid.UUID
    name: str
    active: bool
    version: int
    current: VersionView


class JoinIn(Sent):
    """`payment_token`: the card on file; without one dues are settled at the desk."""

    client_id: uuid.UUID
    location_id: uuid.UUID
    membership_plan_id: uuid.UUID
    starts_on: date | None = None
    payment_token: Token | None = None


class CancelIn(Sent):
    reason: MembershipEndReason


class PlanChangeIn(Sent):
    """The plan from today on, on its current terms."""

    membership_plan_id: uuid.UUID


class DuesRefundIn(RefundIn):
    """`number`: the period; the last paid one if left out."""

    number: Annotated[int, Field(ge=1, le=10_000)] | None = None


class PeriodView(Shown):
    id: uuid.UUID
    number: int
    starts_on: date
    days: int
    price_minor: int
    access_minor: int
    earned_days: int
    status: PeriodStatus
    failures: int
    next_attempt_on: date | None
    invoice_id: uuid.UUID | None
    paid_on: date | None
    ended_on: date | None = Field(
        description="The first day that it covers no more; null: it runs to its last."
    )
    ended_as: PeriodEnd | None
    access_returned_minor: int


class MembershipView(PhiSchema):
    """`balance_minor`: dues paid and neither earned nor used. `has_card`: dues are charged by themselves."""

    id: uuid.UUID
    client_id: uuid.UUID
    location_id: uuid.UUID
    membership_plan_version_id: uuid.UUID
    currency: str
    joined_on: date
    status: MembershipStatus
    next_bill_on: date | None
    cancelled_on: date | None
    cancel_reason: MembershipEndReason | None
    ends_on: date | None
    has_card: bool
    balance_minor: int
    periods: list[PeriodView]
    version: int


class MembershipAnswer(BaseModel):
    """What a change of a membership answers; it is kept, so ids and dates only."""

    id: uuid.UUID
    location_id: uuid.UUID
    status: MembershipStatus
    next_bill_on: date | None
    ends_on: date | None


class PlanChangeAnswer(MembershipAnswer):
    """`due_minor`: still owed of the rest of the cycle. `kept_minor`: account credit of the old dues."""

    invoice_id: uuid.UUID | None
    credit_memo_id: uuid.UUID | None
    kept_minor: int
    due_minor: int


class BillingAnswer(BaseModel):
    """How many dues were paid, declined, or wait for a desk or the processor; `more`: run it again."""

    paid: int
    failed: int
    waiting: int
    more: bool
