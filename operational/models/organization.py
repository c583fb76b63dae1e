"""Organization, legal entities, locations, opening hours, taxes. People and prices live elsewhere."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from medspa.kernel.phi import Phi
from operational.models.base import (
    Base,
    Currency,
    Day,
    DirectText,
    Instant,
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
    tagged,
    tenant_fk,
)


class Organization(Base, Versioned):
    """The tenant. Its own `org_id` is its id."""

    __tablename__ = "organization"

    org_id: Mapped[SafeId] = mapped_column(primary_key=True)
    name: Mapped[SafeText]
    slug: Mapped[SafeText]
    created_at: Mapped[Instant]
    changed_xid: Mapped[SafeBig | None]

    __table_args__ = (UniqueConstraint("slug"), CheckConstraint("slug ~ '^[a-z0-9-]{2,60}$'", name="slug"))


class LegalEntity(PlainRow, Versioned, Base):
    """An owner of books: its own tax number, bank and merchant accounts."""

    __tablename__ = "legal_entity"

    name: Mapped[SafeText]
    tax_number: Mapped[DirectText | None]
    currency: Mapped[Currency]

    __table_args__ = (
        tenant_fk("organization", "org_id"),
        UniqueConstraint("org_id", "name"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    )


class Location(PlainRow, Versioned, Base):
    """A place of business. Money in minor units of the legal entity's currency."""

    __tablename__ = "location"

    legal_entity_id: Mapped[SafeId]
    name: Mapped[SafeText]
    code: Mapped[SafeText]
    timezone: Mapped[SafeText]
    currency: Mapped[Currency]
    state: Mapped[SafeText]
    """Two letters; licences and tax follow it."""
    cutover_hour: Mapped[SafeSmall]
    notice_minutes: Mapped[SafeInt]
    """Cancelling later than this before the start is late; the boundary itself is on time."""
    gift_card_expires_years: Mapped[SafeSmall | None]
    """Years after which a card that nobody loaded since is worth nothing more; None: never."""
    gift_card_breakage_ppm: Mapped[Ppm] = tagged(Integer, Phi.SAFE, server_default="0")
    """The part of gift card value that is expected never to be used."""
    no_show_fee_minor: Mapped[Minor]
    late_cancel_fee_minor: Mapped[Minor]
    cash_step_minor: Mapped[Minor]
    """Smallest cash step (5: round to five cents); 1 rounds nothing."""
    invoice_due_days: Mapped[SafeInt]
    active: Mapped[SafeBool]

    __table_args__ = (
        tenant_fk("legal_entity", "legal_entity_id"),
        UniqueConstraint("org_id", "code"),
        CheckConstraint("cutover_hour between 0 and 12", name="cutover_hour"),
        CheckConstraint("cash_step_minor > 0", name="cash_step"),
        CheckConstraint("no_show_fee_minor >= 0 and late_cancel_fee_minor >= 0", name="fees"),
        CheckConstraint("gift_card_expires_years between 5 and 50", name="gift_card_expiry"),
        CheckConstraint("gift_card_breakage_ppm between 0 and 500000", name="breakage"),
        CheckConstraint("notice_minutes >= 0 and invoice_due_days >= 0", name="periods"),
    )


class LocationHours(PlainRow, Base):
    """Opening hours of one weekday (0 Monday), in local minutes of the day."""

    __tablename__ = "location_hours"
    __extracted__ = False

    location_id: Mapped[SafeId]
    weekday: Mapped[SafeSmall]
    opens_minute: Mapped[SafeInt]
    closes_minute: Mapped[SafeInt]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        UniqueConstraint("org_id", "location_id", "weekday", "opens_minute"),
        CheckConstraint("weekday between 0 and 6", name="weekday"),
        CheckConstraint(
            "0 <= opens_minute and opens_minute < closes_minute and closes_minute <= 1800", name="span"
        ),
    )


class TaxJurisdiction(PlainRow, Base):
    """Who levies a tax at a location (state, county, city)."""

    __tablename__ = "tax_jurisdiction"

    location_id: Mapped[SafeId]
    name: Mapped[SafeText]
    bad_debt_relief: Mapped[SafeBool] = tagged(Boolean, Phi.SAFE, server_default="false", default=False)
    """Gives tax back that was paid for a debt written off."""

    __table_args__ = (tenant_fk("location", "location_id"), UniqueConstraint("org_id", "location_id", "name"))


class TaxRate(PlainRow, Base):
    """A rate of one jurisdiction from a date on, for one tax class of services or goods."""

    __tablename__ = "tax_rate"

    jurisdiction_id: Mapped[SafeId]
    tax_class: Mapped[SafeText]
    rate_ppm: Mapped[Ppm]
    valid_from: Mapped[Day]

    __table_args__ = (
        tenant_fk("tax_jurisdiction", "jurisdiction_id"),
        UniqueConstraint("org_id", "jurisdiction_id", "tax_class", "valid_from"),
        CheckConstraint("rate_ppm between 0 and 1000000", name="rate"),
    )


class MerchantAccount(PlainRow, Base):
    """An account at a card processor, owned by a legal entity."""

    __tablename__ = "merchant_account"

    legal_entity_id: Mapped[SafeId]
    name: Mapped[SafeText]
    processor: Mapped[SafeText]
    processor_account: Mapped[DirectText]
    """What the processor calls it: each is read into the books of one organization, once."""
    reports_from: Mapped[Day]
    """The business date with which the processor's report begins here: what is earlier is not booked."""
    opening_minor: Mapped[Minor | None]
    """What the processor owed when that day began, once somebody said so."""

    __table_args__ = (
        tenant_fk("legal_entity", "legal_entity_id"),
        UniqueConstraint("org_id", "name"),
        UniqueConstraint("processor_account"),
    )


class MerchantOpening(TokenRow, Base):
    """What the processor owed when its report began here, as it was booked: later words by their difference.

    They add up to the account's `opening_minor`. Append-only.
    """

    __tablename__ = "merchant_opening"
    __append_only__ = True

    merchant_account_id: Mapped[SafeId]
    location_id: Mapped[SafeId]
    business_date: Mapped[Day]
    amount_minor: Mapped[Minor]

    __table_args__ = (
        tenant_fk("merchant_account", "merchant_account_id"),
        tenant_fk("location", "location_id"),
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index("ix_merchant_opening_account", "org_id", "merchant_account_id"),
    )
