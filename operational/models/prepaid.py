"""Packages, and entitlements: prepaid quantities that a package or a membership holds for a client.

What is left of one is its quantity less its movements; what is owed is postings.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from medspa.kernel.vocabulary import EntitlementMovementKind
from operational.models.base import (
    Base,
    Currency,
    Day,
    KeyId,
    Milli,
    Minor,
    PlainRow,
    Ppm,
    SafeBig,
    SafeBool,
    SafeId,
    SafeInt,
    SafeSmall,
    SafeText,
    TokenRow,
    Versioned,
    tenant_fk,
    word,
)

BREAKAGE = "breakage_ppm between 0 and 500000"
"""Breakage in proportion to use is rate ÷ (1 − rate) of what is used: above a half it is a mistake."""


class PackagePlan(PlainRow, Versioned, Base):
    """A package that is offered: what it holds is in its items. A change applies to later sales."""

    __tablename__ = "package_plan"

    name: Mapped[SafeText]
    price_minor: Mapped[Minor]
    tax_class: Mapped[SafeText]
    """`none`: not taxed when sold; each session is taxed when it is used."""
    expires_after_days: Mapped[SafeInt | None]
    breakage_ppm: Mapped[Ppm]
    """The part of what is sold that is expected never to be used."""
    active: Mapped[SafeBool]

    __table_args__ = (
        tenant_fk("organization", "org_id"),
        UniqueConstraint("org_id", "name"),
        CheckConstraint("price_minor > 0", name="price"),
        CheckConstraint("expires_after_days > 0", name="expiry"),
        CheckConstraint(BREAKAGE, name="breakage"),
    )


class PackagePlanItem(PlainRow, Base):
    """Sessions of a service (1 000 each) or, of a service billed by unit, units of a product."""

    __tablename__ = "package_plan_item"

    package_plan_id: Mapped[SafeId]
    position: Mapped[SafeSmall]
    service_id: Mapped[SafeId]
    product_id: Mapped[SafeId | None]
    quantity_milli: Mapped[Milli]

    __table_args__ = (
        tenant_fk("package_plan", "package_plan_id"),
        tenant_fk("service", "service_id"),
        tenant_fk("product", "product_id"),
        UniqueConstraint("org_id", "package_plan_id", "position"),
        CheckConstraint("quantity_milli > 0", name="quantity"),
    )


class Package(TokenRow, Versioned, Base):
    """A package sold. Its postings carry its id as contract; the row is what a use or a refund locks."""

    __tablename__ = "package"

    client_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    """Where it was sold: there it is owed, wherever it is used."""
    package_plan_id: Mapped[SafeId | None]
    """None: brought over from another system."""
    currency: Mapped[Currency]
    sold_on: Mapped[Day]
    price_minor: Mapped[Minor]
    """Net: what was deferred."""
    expires_on: Mapped[Day | None]
    """The last day on which it may be used."""

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("package_plan", "package_plan_id"),
        CheckConstraint("price_minor >= 0", name="price"),
        Index("ix_package_client", "org_id", "client_id"),
    )


class Entitlement(TokenRow, Versioned, Base):
    """A prepaid quantity with its part of the price: an item of a package, or a credit of a period."""

    __tablename__ = "entitlement"

    client_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    package_id: Mapped[KeyId | None]
    membership_id: Mapped[KeyId | None]
    membership_period_id: Mapped[KeyId | None]
    service_id: Mapped[SafeId]
    product_id: Mapped[SafeId | None]
    quantity_milli: Mapped[Milli]
    standalone_minor: Mapped[Minor]
    """The list price of one session or unit when it was sold."""
    value_minor: Mapped[Minor]
    granted_on: Mapped[Day]
    expires_on: Mapped[Day | None]
    breakage_ppm: Mapped[Ppm]
    taxed_at_sale: Mapped[SafeBool]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("package", "package_id"),
        tenant_fk("membership", "membership_id"),
        tenant_fk("membership_period", "membership_period_id"),
        tenant_fk("service", "service_id"),
        tenant_fk("product", "product_id"),
        CheckConstraint("(package_id is null) <> (membership_id is null)", name="contract"),
        CheckConstraint("(membership_id is null) = (membership_period_id is null)", name="period"),
        CheckConstraint("quantity_milli > 0 and value_minor >= 0 and standalone_minor >= 0", name="amounts"),
        CheckConstraint(BREAKAGE, name="breakage"),
        Index("ix_entitlement_client", "org_id", "client_id"),
        Index("ix_entitlement_package", "org_id", "package_id"),
        Index("ix_entitlement_period", "org_id", "membership_period_id"),
        Index(
            "ix_entitlement_expiry", "org_id", "location_id", "expires_on",
            postgresql_where=text("expires_on is not null"),
        ),
    )  # fmt: skip


class EntitlementMovement(TokenRow, Base):
    """Quantity and value that left an entitlement, and why. Append-only; a reversal is negative."""

    __tablename__ = "entitlement_movement"
    __append_only__ = True

    entitlement_id: Mapped[KeyId]
    kind: Mapped[EntitlementMovementKind] = word(EntitlementMovementKind)
    quantity_milli: Mapped[Milli]
    value_minor: Mapped[Minor]
    location_id: Mapped[SafeId]
    """Where it happened."""
    business_date: Mapped[Day]
    invoice_line_id: Mapped[KeyId | None]
    credit_memo_id: Mapped[KeyId | None]
    reverses_id: Mapped[KeyId | None]

    __table_args__ = (
        tenant_fk("entitlement", "entitlement_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("invoice_line", "invoice_line_id"),
        tenant_fk("credit_memo", "credit_memo_id"),
        tenant_fk("entitlement_movement", "reverses_id"),
        UniqueConstraint("org_id", "reverses_id"),
        CheckConstraint("quantity_milli <> 0 or value_minor <> 0", name="amounts"),
        CheckConstraint("(kind = 'reversed') = (reverses_id is not null)", name="reversal"),
        CheckConstraint(
            "case when kind = 'reversed' then quantity_milli <= 0 and value_minor <= 0"
            " else quantity_milli >= 0 and value_minor >= 0 end",
            name="signs",
        ),
        CheckConstraint("(kind in ('used', 'reversed')) = (invoice_line_id is not null)", name="line"),
        CheckConstraint("(kind = 'refunded') = (credit_memo_id is not null)", name="memo"),
        Index("ix_entitlement_movement_entitlement", "org_id", "entitlement_id"),
        Index("ix_entitlement_movement_line", "org_id", "invoice_line_id"),
        Index("ix_entitlement_movement_day", "org_id", "business_date"),
    )


class RecognitionRun(TokenRow, Base):
    """What the close of a location's day recognised without a document: once per day. Append-only."""

    __tablename__ = "recognition_run"
    __append_only__ = True

    location_id: Mapped[SafeId]
    business_date: Mapped[Day]
    gift_card_entitled: Mapped[SafeBig]
    package_entitled: Mapped[SafeBig]
    membership_entitled: Mapped[SafeBig]
    """Breakage that use has earned so far, less what expiry has used up of it; millionths of a minor unit."""

    __table_args__ = (
        tenant_fk("location", "location_id"),
        UniqueConstraint("org_id", "location_id", "business_date"),
    )
