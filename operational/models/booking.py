"""Appointments, their items, claims on time and their history."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped

from medspa.kernel.phi import Phi
from medspa.kernel.vocabulary import (
    AppointmentEvent,
    AppointmentStatus,
    CancelledBy,
    HoldStatus,
    SubjectKind,
    VisitSource,
)
from operational.models.base import (
    Base,
    CodeText,
    Day,
    Instant,
    KeyId,
    SafeBool,
    SafeId,
    SafeSmall,
    TokenRow,
    Versioned,
    tagged,
    tenant_fk,
    word,
)


class Appointment(TokenRow, Versioned, Base):
    """A visit of a client at a location; [starts_at, ends_at) in UTC spans its items."""

    __tablename__ = "appointment"
    __location_scoped__ = True

    client_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    business_date: Mapped[Day]
    status: Mapped[AppointmentStatus] = word(AppointmentStatus)
    source: Mapped[VisitSource] = word(VisitSource)
    booked_at: Mapped[Instant]
    booked_by: Mapped[SafeId | None]
    arrived_at: Mapped[Instant | None]
    completed_at: Mapped[Instant | None]
    cancelled_at: Mapped[Instant | None]
    cancelled_by: Mapped[CancelledBy | None] = word(CancelledBy, nullable=True)
    follow_up_of_id: Mapped[KeyId | None]
    rescheduled_from_id: Mapped[KeyId | None]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "booked_by"),
        tenant_fk("appointment", "follow_up_of_id"),
        tenant_fk("appointment", "rescheduled_from_id"),
        CheckConstraint("starts_at < ends_at and ends_at <= starts_at + interval '24 hours'", name="span"),
        Index("ix_appointment_day", "org_id", "location_id", "starts_at"),
        Index("ix_appointment_client", "org_id", "client_id", "starts_at"),
        Index(
            "ix_appointment_rescheduled",
            "org_id",
            "rescheduled_from_id",
            postgresql_where=text("rescheduled_from_id is not null"),
        ),
    )


class AppointmentItem(TokenRow, Base):
    """One service of a visit with its provider. [starts_at, ends_at) is the client's time."""

    __tablename__ = "appointment_item"

    appointment_id: Mapped[KeyId]
    position: Mapped[SafeSmall]
    service_id: Mapped[SafeId]
    provider_id: Mapped[SafeId]
    starts_at: Mapped[Instant]
    provider_ends_at: Mapped[Instant]
    """End of hands-on time; processing and finishing follow."""
    ends_at: Mapped[Instant]
    performed: Mapped[SafeBool]
    not_performed_reason: Mapped[CodeText | None]
    removed_at: Mapped[Instant | None]
    """Taken off the visit: it holds no time and is shown nowhere but in the history."""

    __table_args__ = (
        tenant_fk("appointment", "appointment_id"),
        tenant_fk("service", "service_id"),
        tenant_fk("staff_member", "provider_id"),
        UniqueConstraint("org_id", "appointment_id", "position"),
        CheckConstraint("starts_at < provider_ends_at and provider_ends_at <= ends_at", name="span"),
        Index("ix_appointment_item_provider", "org_id", "provider_id", "starts_at"),
    )


class AppointmentItemResource(TokenRow, Base):
    """A room or device that an item uses."""

    __tablename__ = "appointment_item_resource"

    appointment_item_id: Mapped[KeyId]
    resource_id: Mapped[SafeId]

    __table_args__ = (
        tenant_fk("appointment_item", "appointment_item_id"),
        tenant_fk("resource", "resource_id"),
        UniqueConstraint("org_id", "appointment_item_id", "resource_id"),
    )


class Hold(TokenRow, Versioned, Base):
    """Time kept for somebody who is choosing, until it expires. What it claims is in occupancy."""

    __tablename__ = "hold"
    __location_scoped__ = True

    location_id: Mapped[SafeId]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    status: Mapped[HoldStatus] = word(HoldStatus)
    source: Mapped[VisitSource] = word(VisitSource)
    held_by: Mapped[SafeId | None]
    appointment_id: Mapped[KeyId | None]
    """The visit that was booked with it."""

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "held_by"),
        tenant_fk("appointment", "appointment_id"),
        CheckConstraint("(status = 'booked') = (appointment_id is not null)", name="booked"),
        CheckConstraint(
            "created_at < expires_at and expires_at <= created_at + interval '30 minutes'", name="expires"
        ),
        UniqueConstraint("org_id", "appointment_id"),
        Index("ix_hold_location", "org_id", "location_id", "created_at"),
    )


class Occupancy(TokenRow, Base):
    """A claim of an appointment, or of a hold until it expires, on a subject's time.

    Two active hard claims never overlap. Soft claims (buffers, finishing) are refused against by the service
    unless overridden. An expired hold's claims stay active until the next booking of the subject, under its
    lock, puts them out.
    """

    __tablename__ = "occupancy"

    appointment_id: Mapped[KeyId | None]
    hold_id: Mapped[KeyId | None]
    expires_at: Mapped[Instant | None]
    subject_kind: Mapped[SubjectKind] = word(SubjectKind)
    subject_id: Mapped[SafeId]
    during: Mapped[Range[Any]] = tagged(TSTZRANGE, Phi.SAFE, info={"land": False})
    starts_at: Mapped[Instant]
    """Lower bound of `during`, for btree searches: `&&` is not leakproof under row security."""
    ends_at: Mapped[Instant]
    hard: Mapped[SafeBool]
    active: Mapped[SafeBool]

    __table_args__ = (
        tenant_fk("appointment", "appointment_id"),
        tenant_fk("hold", "hold_id"),
        CheckConstraint("num_nonnulls(appointment_id, hold_id) = 1", name="owner"),
        CheckConstraint("(hold_id is null) = (expires_at is null)", name="expires"),
        ExcludeConstraint(
            ("org_id", "="),
            ("subject_kind", "="),
            ("subject_id", "="),
            ("during", "&&"),
            where=text("active and hard"),
            using="gist",
            name="ex_occupancy_no_overlap",
        ),
        CheckConstraint(
            "during = tstzrange(starts_at, ends_at, '[)') and not isempty(during)", name="during"
        ),
        # Searches look back this far from the start of their window.
        CheckConstraint("ends_at <= starts_at + interval '24 hours'", name="length"),
        Index("ix_occupancy_subject", "org_id", "subject_kind", "subject_id", "starts_at"),
        Index("ix_occupancy_appointment", "org_id", "appointment_id"),
        # Few rows: those of holds. Looked up at each booking to put the expired ones out.
        Index("ix_occupancy_hold", "org_id", "hold_id", postgresql_where=text("hold_id is not null")),
        Index(
            "ix_occupancy_expires",
            "org_id",
            "subject_id",
            postgresql_where=text("active and hold_id is not null"),
        ),
    )


class AppointmentHistory(TokenRow, Base):
    """What happened to an appointment, when, and by whom. Append-only."""

    __tablename__ = "appointment_history"
    __append_only__ = True

    appointment_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    event: Mapped[AppointmentEvent] = word(AppointmentEvent)
    happened_at: Mapped[Instant]
    business_date: Mapped[Day]
    scheduled_start: Mapped[Instant]
    staff_id: Mapped[SafeId | None]
    override: Mapped[CodeText | None]
    """The soft rules that were overridden, as codes joined by commas."""
    reason: Mapped[CodeText | None]
    """Why, as a code of the vocabulary."""

    __table_args__ = (
        tenant_fk("appointment", "appointment_id"),
        tenant_fk("location", "location_id"),
        Index("ix_appointment_history_appointment", "org_id", "appointment_id", "happened_at"),
    )
