"""When and by whom services may be booked: their rules, who performs them how, and time that is off."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from medspa.kernel.phi import Phi
from medspa.kernel.vocabulary import OffSubject, TimeOffReason, TimeOffStatus
from operational.models.base import (
    Base,
    Instant,
    KeyId,
    PlainRow,
    SafeBool,
    SafeId,
    SafeInt,
    SafeSmall,
    TokenRow,
    Versioned,
    tagged,
    tenant_fk,
    word,
)


class BookingRule(PlainRow, Versioned, Base):
    """What booking a service asks for beside free time. One row a service; without it nothing is asked."""

    __tablename__ = "booking_rule"
    __extracted__ = False

    service_id: Mapped[SafeId]
    lead_minutes: Mapped[SafeInt] = tagged(Integer, Phi.SAFE, server_default="0", default=0)
    """Booked at least this long before it starts."""
    horizon_days: Mapped[SafeInt | None]
    """Booked at most this far ahead."""
    slot_minutes: Mapped[SafeSmall | None]
    """Starts are multiples of it from local midnight."""
    min_age: Mapped[SafeSmall | None]
    max_age: Mapped[SafeSmall | None]
    """Years, on the local date of the visit."""
    online: Mapped[SafeBool] = tagged(Boolean, Phi.SAFE, server_default="true", default=True)
    """Whether clients may book it themselves."""
    shares_processing: Mapped[SafeBool] = tagged(Boolean, Phi.SAFE, server_default="true", default=True)
    """The provider may see somebody else while this client's treatment works in."""

    __table_args__ = (
        tenant_fk("service", "service_id"),
        UniqueConstraint("org_id", "service_id"),
        CheckConstraint("lead_minutes between 0 and 527040", name="lead"),
        CheckConstraint("horizon_days between 1 and 730", name="horizon"),
        CheckConstraint("slot_minutes in (5, 10, 15, 20, 30, 60)", name="slot"),
        CheckConstraint("min_age between 0 and 120 and max_age between 0 and 120", name="ages"),
        CheckConstraint("min_age <= max_age", name="ages_in_order"),
    )


class ProviderService(PlainRow, Versioned, Base):
    """How a provider performs a service: not at all, in another time than usual, rather than others.

    Without a row a provider with the credential performs it in the service's own time.
    """

    __tablename__ = "provider_service"
    __extracted__ = False

    staff_id: Mapped[SafeId]
    service_id: Mapped[SafeId]
    performs: Mapped[SafeBool] = tagged(Boolean, Phi.SAFE, server_default="true", default=True)
    provider_minutes: Mapped[SafeInt | None]
    processing_minutes: Mapped[SafeInt | None]
    finishing_minutes: Mapped[SafeInt | None]
    """None: the service's."""
    rank: Mapped[SafeSmall | None]
    """Who comes first when nobody is asked for: low before high before none."""

    __table_args__ = (
        tenant_fk("staff_member", "staff_id"),
        tenant_fk("service", "service_id"),
        UniqueConstraint("org_id", "service_id", "staff_id"),
        CheckConstraint("provider_minutes between 1 and 720", name="provider_minutes"),
        CheckConstraint(
            "processing_minutes between 0 and 720 and finishing_minutes between 0 and 720", name="minutes"
        ),
        CheckConstraint("rank between 1 and 999", name="rank"),
    )


class ClientDuration(TokenRow, Base):
    """How long a service takes with a client, as somebody said; the latest counts."""

    __tablename__ = "client_duration"
    __extracted__ = False
    __append_only__ = True

    client_id: Mapped[KeyId]
    service_id: Mapped[SafeId]
    minutes: Mapped[SafeInt | None]
    """Hands-on; None: as usual again."""
    set_by: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("service", "service_id"),
        tenant_fk("staff_member", "set_by"),
        CheckConstraint("minutes between 5 and 720", name="minutes"),
        Index("ix_client_duration_service", "org_id", "service_id", "client_id"),
    )


class ServicePrerequisite(PlainRow, Base):
    """What must have been performed before a service: a service (a patch test) or any of a category."""

    __tablename__ = "service_prerequisite"
    __extracted__ = False

    service_id: Mapped[SafeId]
    required_service_id: Mapped[SafeId | None]
    required_category_id: Mapped[SafeId | None]
    after_hours: Mapped[SafeInt]
    """At least this long after it."""
    within_days: Mapped[SafeInt]
    """At most this long after it."""

    __table_args__ = (
        tenant_fk("service", "service_id"),
        tenant_fk("service", "required_service_id"),
        tenant_fk("treatment_category", "required_category_id"),
        CheckConstraint("num_nonnulls(required_service_id, required_category_id) = 1", name="one"),
        CheckConstraint("after_hours between 0 and 8760", name="after"),
        CheckConstraint("within_days between 1 and 3650 and within_days * 24 > after_hours", name="within"),
        Index("ix_service_prerequisite_service", "org_id", "service_id"),
    )


class TimeOff(PlainRow, Versioned, Base):
    """Time in which a provider does not work anywhere, a room or device is down, or a location is closed.

    `subject_id` is the staff member, the resource or the location. It counts once approved. Visits that
    were booked before stay until somebody moves them.
    """

    __tablename__ = "time_off"

    location_id: Mapped[SafeId]
    """Where it is decided. A provider is away from every location."""
    subject_kind: Mapped[OffSubject] = word(OffSubject)
    subject_id: Mapped[SafeId]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    status: Mapped[TimeOffStatus] = word(TimeOffStatus)
    reason: Mapped[TimeOffReason] = word(TimeOffReason, info={"land": False})
    """Why somebody is away is nobody's business outside."""
    paid: Mapped[SafeBool]
    series_id: Mapped[SafeId | None]
    """Blocks that were made together by one rule."""
    asked_by: Mapped[SafeId | None]
    decided_by: Mapped[SafeId | None]
    decided_at: Mapped[Instant | None]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "asked_by"),
        tenant_fk("staff_member", "decided_by"),
        CheckConstraint("starts_at < ends_at and ends_at <= starts_at + interval '400 days'", name="span"),
        CheckConstraint("subject_kind <> 'location' or subject_id = location_id", name="location"),
        # By their end: what is over is never read by a search.
        Index(
            "ix_time_off_subject",
            "org_id",
            "subject_id",
            "ends_at",
            postgresql_where=text("status = 'approved'"),
        ),
        Index("ix_time_off_location", "org_id", "location_id", "ends_at"),
    )
