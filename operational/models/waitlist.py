"""Who waits for which time, and what they were offered. Offers leave for the figures, wishes do not."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, Index, Integer, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped

from medspa.kernel.phi import Phi
from medspa.kernel.vocabulary import OfferStatus, WaitlistStatus
from operational.models.base import (
    Base,
    Day,
    Instant,
    KeyId,
    SafeId,
    SafeInt,
    TokenRow,
    Versioned,
    tagged,
    tenant_fk,
    word,
)


class WaitlistEntry(TokenRow, Versioned, Base):
    """A client who wants services at a location, on some days, at some hours, until a date."""

    __tablename__ = "waitlist_entry"
    __extracted__ = False
    __location_scoped__ = True

    client_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    provider_id: Mapped[SafeId | None]
    """None: any."""
    service_ids: Mapped[list[uuid.UUID]] = tagged(ARRAY(Uuid), Phi.SAFE)
    """In the order of the visit."""
    weekdays: Mapped[list[int]] = tagged(ARRAY(Integer), Phi.SAFE)
    """0 Monday; none: every day."""
    from_minute: Mapped[SafeInt]
    until_minute: Mapped[SafeInt]
    """Local minutes of the day between which the visit begins."""
    from_date: Mapped[Day]
    until_date: Mapped[Day]
    status: Mapped[WaitlistStatus] = word(WaitlistStatus)
    appointment_id: Mapped[KeyId | None]
    """What came of it."""
    added_by: Mapped[SafeId | None]
    """None: the client joined by themselves."""
    matched_at: Mapped[Instant | None]
    """When records of the same person were looked for, of who joined by themselves: offers begin then."""
    passed_over: Mapped[list[datetime]] = tagged(
        ARRAY(DateTime(timezone=True)), Phi.SAFE, server_default="{}"
    )
    """Starts that were free when they joined by themselves, and are since: they did not suit."""

    @property
    def by_client(self) -> bool:
        return self.added_by is None

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "provider_id"),
        tenant_fk("staff_member", "added_by"),
        tenant_fk("appointment", "appointment_id"),
        CheckConstraint("from_date <= until_date", name="dates"),
        CheckConstraint(
            "0 <= from_minute and from_minute < until_minute and until_minute <= 1440", name="minutes"
        ),
        CheckConstraint("cardinality(service_ids) between 1 and 10", name="services"),
        CheckConstraint("(status = 'booked') = (appointment_id is not null)", name="booked"),
        CheckConstraint("matched_at is null or added_by is null", name="matched"),
        Index(
            "ix_waitlist_entry_waiting",
            "org_id",
            "location_id",
            "id",
            postgresql_where=text("status = 'waiting'"),
        ),
        Index(
            "ix_waitlist_entry_unmatched",
            "org_id",
            "id",
            postgresql_where=text("added_by is null and matched_at is null"),
        ),
        Index(
            "ix_waitlist_entry_joined",
            "org_id",
            "location_id",
            "created_at",
            postgresql_where=text("added_by is null"),
        ),
    )


class WaitlistOffer(TokenRow, Base):
    """A time that was offered to somebody who waits, until an expiry. Nothing is held by it."""

    __tablename__ = "waitlist_offer"
    __location_scoped__ = True

    waitlist_entry_id: Mapped[KeyId] = tagged(Uuid, Phi.KEY, info={"land": False})
    client_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    service_id: Mapped[SafeId]
    """The first of the visit."""
    provider_id: Mapped[SafeId]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    offered_at: Mapped[Instant]
    business_date: Mapped[Day]
    """Of the offer."""
    expires_at: Mapped[Instant]
    status: Mapped[OfferStatus] = word(OfferStatus)
    answered_at: Mapped[Instant | None]
    appointment_id: Mapped[KeyId | None]

    __table_args__ = (
        tenant_fk("waitlist_entry", "waitlist_entry_id"),
        tenant_fk("client", "client_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("service", "service_id"),
        tenant_fk("staff_member", "provider_id"),
        tenant_fk("appointment", "appointment_id"),
        CheckConstraint("starts_at < ends_at and offered_at < expires_at", name="times"),
        CheckConstraint("(status = 'accepted') = (appointment_id is not null)", name="accepted"),
        # One open offer to somebody at a time.
        Index(
            "uq_waitlist_offer_open",
            "org_id",
            "waitlist_entry_id",
            unique=True,
            postgresql_where=text("status = 'offered'"),
        ),
        Index("ix_waitlist_offer_entry", "org_id", "waitlist_entry_id"),
    )


class WaitlistLook(TokenRow, Base):
    """Time may have come free at a location since the waitlist was last looked through."""

    __tablename__ = "waitlist_look"
    __extracted__ = False

    location_id: Mapped[SafeId]

    # Not unique: whoever books must not wait for the worker that takes the mark away.
    __table_args__ = (tenant_fk("location", "location_id"),)
