"""What can be sold and performed: categories, products, services, and what they need."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from medspa.kernel.vocabulary import ResourceKind, UnitKind
from operational.models.base import (
    Base,
    Minor,
    PlainRow,
    SafeBool,
    SafeId,
    SafeInt,
    SafeText,
    Versioned,
    tenant_fk,
    word,
)


class TreatmentCategory(PlainRow, Versioned, Base):
    """A treatment category with its cycle (metrics, section 5). Days."""

    __tablename__ = "treatment_category"

    code: Mapped[SafeText]
    name: Mapped[SafeText]
    cycle_days: Mapped[SafeInt | None]
    contact_from_days: Mapped[SafeInt | None]
    """From this many days after the treatment the client may be written to."""
    contact_until_days: Mapped[SafeInt | None]
    earliest_days: Mapped[SafeInt | None]
    """The treatment may be repeated from this many days on."""

    __table_args__ = (
        tenant_fk("organization", "org_id"),
        UniqueConstraint("org_id", "code"),
        CheckConstraint("cycle_days is null or cycle_days > 0", name="cycle"),
        CheckConstraint(
            "contact_from_days is null or contact_until_days is null"
            " or contact_from_days <= contact_until_days",
            name="window",
        ),
    )


class Product(PlainRow, Versioned, Base):
    """A drug, filler or retail article. Its cycle, where set, precedes the category's."""

    __tablename__ = "product"

    category_id: Mapped[SafeId | None]
    name: Mapped[SafeText]
    unit: Mapped[UnitKind] = word(UnitKind)
    price_minor: Mapped[Minor]
    """Per unit."""
    is_retail: Mapped[SafeBool]
    tax_class: Mapped[SafeText]
    cycle_days: Mapped[SafeInt | None]
    contact_from_days: Mapped[SafeInt | None]
    contact_until_days: Mapped[SafeInt | None]
    earliest_days: Mapped[SafeInt | None]
    active: Mapped[SafeBool]

    __table_args__ = (
        tenant_fk("treatment_category", "category_id"),
        UniqueConstraint("org_id", "name"),
        CheckConstraint("price_minor >= 0", name="price"),
    )


class Service(PlainRow, Versioned, Base):
    """A bookable service: times in minutes, price per visit or by the charted unit of a product."""

    __tablename__ = "service"

    category_id: Mapped[SafeId]
    name: Mapped[SafeText]
    provider_minutes: Mapped[SafeInt]
    processing_minutes: Mapped[SafeInt]
    """The client is busy, the provider is free."""
    finishing_minutes: Mapped[SafeInt]
    buffer_before_minutes: Mapped[SafeInt]
    buffer_after_minutes: Mapped[SafeInt]
    price_minor: Mapped[Minor]
    """Per visit; 0 when billed by unit."""
    billed_by_unit: Mapped[SafeBool]
    """The invoice takes quantity and product price from the treatment record."""
    tax_class: Mapped[SafeText]
    deposit_minor: Mapped[Minor]
    needs_treatment_record: Mapped[SafeBool]
    needs_exam: Mapped[SafeBool]
    consent_template_id: Mapped[SafeId | None]
    active: Mapped[SafeBool]

    __table_args__ = (
        tenant_fk("treatment_category", "category_id"),
        tenant_fk("consent_template", "consent_template_id"),
        UniqueConstraint("org_id", "name"),
        CheckConstraint("provider_minutes > 0 and provider_minutes <= 720", name="provider_minutes"),
        CheckConstraint(
            "processing_minutes >= 0 and finishing_minutes >= 0"
            " and buffer_before_minutes >= 0 and buffer_after_minutes >= 0",
            name="minutes",
        ),
        CheckConstraint("price_minor >= 0 and deposit_minor >= 0", name="price"),
    )


class Resource(PlainRow, Versioned, Base):
    """A room or device at a location."""

    __tablename__ = "resource"

    location_id: Mapped[SafeId]
    kind: Mapped[ResourceKind] = word(ResourceKind)
    name: Mapped[SafeText]
    tag: Mapped[SafeText]
    """What a service asks for: `injection`, `laser`."""
    active: Mapped[SafeBool]

    __table_args__ = (tenant_fk("location", "location_id"), UniqueConstraint("org_id", "location_id", "name"))


class ServiceResource(PlainRow, Base):
    """A kind of resource that a service needs one of."""

    __tablename__ = "service_resource"
    __extracted__ = False

    service_id: Mapped[SafeId]
    kind: Mapped[ResourceKind] = word(ResourceKind)
    tag: Mapped[SafeText]

    __table_args__ = (
        tenant_fk("service", "service_id"),
        UniqueConstraint("org_id", "service_id", "kind", "tag"),
    )
