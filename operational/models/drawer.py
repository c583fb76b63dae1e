"""Cash drawers, their sessions and counts, business days and their close."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from medspa.kernel.phi import Phi
from medspa.kernel.vocabulary import DayStatus, DrawerKind, DrawerMovementKind, DrawerStatus
from operational.models.base import (
    Base,
    CodeText,
    Currency,
    Day,
    Instant,
    KeyId,
    Minor,
    PlainRow,
    SafeBool,
    SafeId,
    SafeInt,
    SafeText,
    TokenRow,
    Versioned,
    tagged,
    tenant_fk,
    word,
)


class Drawer(PlainRow, Base):
    """A physical cash drawer, or the virtual one of online or billing takings."""

    __tablename__ = "drawer"

    location_id: Mapped[SafeId]
    name: Mapped[SafeText]
    kind: Mapped[DrawerKind] = word(DrawerKind)

    __table_args__ = (tenant_fk("location", "location_id"), UniqueConstraint("org_id", "location_id", "name"))


class DrawerSession(TokenRow, Versioned, Base):
    """A drawer from float to count. A payment names its session when it is written."""

    __tablename__ = "drawer_session"
    __location_scoped__ = True

    drawer_id: Mapped[SafeId]
    location_id: Mapped[SafeId]
    business_date: Mapped[Day]
    status: Mapped[DrawerStatus] = word(DrawerStatus)
    currency: Mapped[Currency]
    opened_at: Mapped[Instant]
    opened_by: Mapped[SafeId | None]
    opening_float_minor: Mapped[Minor]
    opening_over_short_minor: Mapped[Minor] = tagged(BigInteger, Phi.SAFE, server_default="0", default=0)
    """By how much the float was found over or short of what the last count left."""
    closed_at: Mapped[Instant | None]
    closed_by: Mapped[SafeId | None]
    expected_minor: Mapped[Minor | None]
    counted_minor: Mapped[Minor | None]
    over_short_minor: Mapped[Minor | None]
    float_left_minor: Mapped[Minor | None]

    __table_args__ = (
        tenant_fk("drawer", "drawer_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "opened_by"),
        tenant_fk("staff_member", "closed_by"),
        CheckConstraint("opening_float_minor >= 0", name="float"),
        CheckConstraint("(status = 'closed') = (counted_minor is not null)", name="counted"),
        CheckConstraint(
            "counted_minor is null"
            " or over_short_minor = opening_over_short_minor + counted_minor - expected_minor",
            name="over_short",
        ),
        Index(
            "uq_drawer_session_open",
            "org_id",
            "drawer_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_drawer_session_day", "org_id", "location_id", "business_date"),
    )


class DrawerCount(TokenRow, Base):
    """How many pieces of one denomination were counted, before the expected amount was shown."""

    __tablename__ = "drawer_count"
    __append_only__ = True

    drawer_session_id: Mapped[KeyId]
    denomination_minor: Mapped[Minor]
    pieces: Mapped[SafeInt]

    __table_args__ = (
        tenant_fk("drawer_session", "drawer_session_id"),
        UniqueConstraint("org_id", "drawer_session_id", "denomination_minor"),
        CheckConstraint("denomination_minor > 0 and pieces >= 0", name="count"),
    )


class DrawerMovement(TokenRow, Base):
    """Cash paid in or out, dropped, or paid as tips. Append-only."""

    __tablename__ = "drawer_movement"
    __append_only__ = True

    drawer_session_id: Mapped[KeyId]
    kind: Mapped[DrawerMovementKind] = word(DrawerMovementKind)
    amount_minor: Mapped[Minor]
    provider_id: Mapped[SafeId | None]
    reason: Mapped[CodeText]
    staff_id: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("drawer_session", "drawer_session_id"),
        tenant_fk("staff_member", "provider_id"),
        tenant_fk("staff_member", "staff_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("(kind = 'tips_paid') = (provider_id is not null)", name="provider"),
        Index("ix_drawer_movement_session", "org_id", "drawer_session_id"),
    )


class BusinessDay(TokenRow, Versioned, Base):
    """A location's business day. Postings need it open; closing it locks it for good."""

    __tablename__ = "business_day"

    location_id: Mapped[SafeId]
    business_date: Mapped[Day]
    status: Mapped[DayStatus] = word(DayStatus)
    closed_at: Mapped[Instant | None]
    closed_by: Mapped[SafeId | None]
    figures_sha256: Mapped[SafeText | None]
    imported: Mapped[SafeBool] = tagged(Boolean, Phi.SAFE, default=False, server_default="false")
    """Of the history that was moved in: accounting batches leave it out."""

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "closed_by"),
        UniqueConstraint("org_id", "location_id", "business_date"),
        CheckConstraint("(status = 'closed') = (figures_sha256 is not null)", name="closed"),
        # "Closed up to which day": asked for every document, also while years of days are open for history.
        Index(
            "ix_business_day_closed",
            "org_id",
            "location_id",
            "business_date",
            postgresql_where=text("status = 'closed'"),
        ),
    )


class DayCloseFigure(TokenRow, Base):
    """One frozen figure of a closed day: a measure, its key, its amount. Append-only."""

    __tablename__ = "day_close_figure"
    __append_only__ = True

    business_day_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    business_date: Mapped[Day]
    measure: Mapped[SafeText]
    """`account`, `tender`, `drawer_over_short`, `gross_billed` …"""
    key: Mapped[SafeText]
    """What the measure is split by: an account code, a tender; empty for a total."""
    amount_minor: Mapped[Minor]

    __table_args__ = (
        tenant_fk("business_day", "business_day_id"),
        tenant_fk("location", "location_id"),
        UniqueConstraint("org_id", "business_day_id", "measure", "key"),
    )
