"""Memberships: plans with their versions, members, the periods they are billed for, and freezes."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from medspa.kernel.vocabulary import (
    MembershipEndReason,
    MembershipEventKind,
    MembershipStatus,
    PeriodEnd,
    PeriodStatus,
)
from operational.models.base import (
    Base,
    Currency,
    Day,
    KeyId,
    Milli,
    Minor,
    PlainRow,
    Ppm,
    SafeBool,
    SafeId,
    SafeInt,
    SafeSmall,
    SafeText,
    SecretText,
    TokenRow,
    Versioned,
    tenant_fk,
    word,
)
from operational.models.prepaid import BREAKAGE


class MembershipPlan(PlainRow, Versioned, Base):
    """A membership that is offered. What it costs and gives is in its versions."""

    __tablename__ = "membership_plan"

    name: Mapped[SafeText]
    active: Mapped[SafeBool]

    __table_args__ = (tenant_fk("organization", "org_id"), UniqueConstraint("org_id", "name"))


class MembershipPlanVersion(PlainRow, Base):
    """What a plan costs and gives. Members stay on the version they joined with. Append-only."""

    __tablename__ = "membership_plan_version"
    __append_only__ = True

    membership_plan_id: Mapped[SafeId]
    number: Mapped[SafeInt]
    price_minor: Mapped[Minor]
    """Per period."""
    period_months: Mapped[SafeSmall]
    access_standalone_minor: Mapped[Minor]
    """What the benefits beside the credits are worth by themselves, per period: their share of the price
    is earned by the day."""
    tax_class: Mapped[SafeText]
    rollover_periods: Mapped[SafeSmall | None]
    """For how many periods more a credit may be used; 0: only in its own, None: it does not expire."""
    breakage_ppm: Mapped[Ppm]

    __table_args__ = (
        tenant_fk("membership_plan", "membership_plan_id"),
        UniqueConstraint("org_id", "membership_plan_id", "number"),
        CheckConstraint("price_minor > 0 and access_standalone_minor >= 0", name="price"),
        CheckConstraint("period_months between 1 and 24", name="months"),
        CheckConstraint("rollover_periods between 0 and 60", name="rollover"),
        CheckConstraint(BREAKAGE, name="breakage"),
    )


class MembershipPlanCredit(PlainRow, Base):
    """A credit that each period of a version grants. Append-only."""

    __tablename__ = "membership_plan_credit"
    __append_only__ = True

    membership_plan_version_id: Mapped[SafeId]
    position: Mapped[SafeSmall]
    service_id: Mapped[SafeId]
    product_id: Mapped[SafeId | None]
    quantity_milli: Mapped[Milli]

    __table_args__ = (
        tenant_fk("membership_plan_version", "membership_plan_version_id"),
        tenant_fk("service", "service_id"),
        tenant_fk("product", "product_id"),
        UniqueConstraint("org_id", "membership_plan_version_id", "position"),
        CheckConstraint("quantity_milli > 0", name="quantity"),
    )


class Membership(TokenRow, Versioned, Base):
    """A client's membership. Its postings carry its id as contract; the row is what a use locks."""

    __tablename__ = "membership"

    client_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    """Its home: there it is billed and owed."""
    membership_plan_version_id: Mapped[SafeId]
    currency: Mapped[Currency]
    joined_on: Mapped[Day]
    status: Mapped[MembershipStatus] = word(MembershipStatus)
    anchor_on: Mapped[Day]
    """Periods begin on this day of the month, or on its last when it has no such day."""
    anchor_number: Mapped[SafeInt]
    """The number of the period that began on the anchor."""
    next_number: Mapped[SafeInt]
    next_bill_on: Mapped[Day | None]
    """None: nothing more is billed."""
    cancelled_on: Mapped[Day | None]
    cancel_reason: Mapped[MembershipEndReason | None] = word(MembershipEndReason, nullable=True)
    ends_on: Mapped[Day | None]
    """The last day of a cancelled membership."""
    payment_token: Mapped[SecretText | None]
    """The processor's token of the card on file; None: dues are settled at the desk."""

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("membership_plan_version", "membership_plan_version_id"),
        CheckConstraint("(status = 'cancelled') = (cancelled_on is not null)", name="cancelled"),
        Index("ix_membership_client", "org_id", "client_id"),
        Index(
            "ix_membership_billing", "org_id", "location_id", "next_bill_on",
            postgresql_where=text("next_bill_on is not null"),
        ),
    )  # fmt: skip


class MembershipPeriod(TokenRow, Versioned, Base):
    """A period that is billed once: its dues, and how much of the access they buy is earned."""

    __tablename__ = "membership_period"

    membership_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    number: Mapped[SafeInt]
    starts_on: Mapped[Day]
    days: Mapped[SafeSmall]
    """Frozen days are not among them: they move the end."""
    price_minor: Mapped[Minor]
    access_minor: Mapped[Minor]
    """The part of the dues that is earned by the day; the rest is that of the credits."""
    earned_days: Mapped[SafeSmall]
    status: Mapped[PeriodStatus] = word(PeriodStatus)
    failures: Mapped[SafeSmall]
    next_attempt_on: Mapped[Day | None]
    payment_id: Mapped[KeyId | None]
    """The last try."""
    invoice_id: Mapped[KeyId | None]
    paid_on: Mapped[Day | None]
    ended_on: Mapped[Day | None]
    """The first day that it does not cover any more; None: it runs to its last."""
    ended_as: Mapped[PeriodEnd | None] = word(PeriodEnd, nullable=True)
    access_returned_minor: Mapped[Minor]
    """Of the access, what its end gave back: it is never earned."""

    __table_args__ = (
        tenant_fk("membership", "membership_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("payment", "payment_id"),
        tenant_fk("invoice", "invoice_id"),
        UniqueConstraint("org_id", "membership_id", "number"),
        CheckConstraint("days > 0 and earned_days between 0 and days", name="days"),
        CheckConstraint("price_minor >= 0 and access_minor between 0 and price_minor", name="price"),
        CheckConstraint(
            "(ended_on is null) = (ended_as is null) and (ended_on is null or status = 'paid')"
            " and access_returned_minor between 0 and access_minor"
            " and (access_returned_minor = 0 or ended_on is not null)",
            name="ended",
        ),
        CheckConstraint("(status = 'paid') = (paid_on is not null)", name="paid"),
        CheckConstraint("(status = 'paid') = (invoice_id is not null)", name="invoice"),
        Index(
            "ix_membership_period_earning", "org_id", "location_id",
            postgresql_where=text("status = 'paid' and earned_days < days"),
        ),
    )  # fmt: skip


class MembershipFreeze(TokenRow, Versioned, Base):
    """Days on which nothing is earned, billed or used."""

    __tablename__ = "membership_freeze"

    membership_id: Mapped[KeyId]
    frozen_from: Mapped[Day]
    frozen_until: Mapped[Day | None]
    """The first day that counts again; None: still frozen."""

    __table_args__ = (
        tenant_fk("membership", "membership_id"),
        CheckConstraint("frozen_until >= frozen_from", name="order"),
        UniqueConstraint("org_id", "membership_id", "frozen_from"),
    )


class MembershipEvent(TokenRow, Base):
    """What happened to a membership, and on which business date. Append-only."""

    __tablename__ = "membership_event"
    __append_only__ = True

    membership_id: Mapped[KeyId]
    kind: Mapped[MembershipEventKind] = word(MembershipEventKind)
    business_date: Mapped[Day]
    membership_period_id: Mapped[KeyId | None]
    membership_plan_version_id: Mapped[SafeId | None]
    """The terms since then, where it set them."""
    staff_id: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("membership", "membership_id"),
        tenant_fk("membership_period", "membership_period_id"),
        tenant_fk("membership_plan_version", "membership_plan_version_id"),
        tenant_fk("staff_member", "staff_id"),
        Index("ix_membership_event_membership", "org_id", "membership_id"),
    )
