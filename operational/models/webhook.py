"""Where other systems are told of visits, what they were told, and calendars that others subscribe to."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from medspa.kernel.vocabulary import AppointmentEvent, DeliveryStatus
from operational.models.base import (
    Base,
    CodeText,
    Instant,
    KeyId,
    PlainRow,
    SafeBool,
    SafeId,
    SafeInt,
    SafeText,
    SafeWords,
    SealedText,
    SecretText,
    TokenRow,
    Versioned,
    tenant_fk,
    word,
)


class WebhookEndpoint(PlainRow, Versioned, Base):
    """An address that is told of events of visits, and the sealed secret they are signed with."""

    __tablename__ = "webhook_endpoint"
    __extracted__ = False

    url: Mapped[SafeText]
    events: Mapped[SafeWords]
    location_id: Mapped[SafeId | None]
    """None: of every location."""
    secret: Mapped[SealedText]
    active: Mapped[SafeBool]
    failing_since: Mapped[Instant | None]
    """The first failure since the last success."""
    disabled: Mapped[CodeText | None]
    """Why it was switched off, where nobody did it."""
    added_by: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "added_by"),
        CheckConstraint("cardinality(events) > 0", name="events"),
        CheckConstraint("length(url) between 10 and 2000", name="url"),
    )


class WebhookDelivery(TokenRow, Base):
    """One event for one endpoint: told, still to be told, or given up. It holds ids only."""

    __tablename__ = "webhook_delivery"
    __extracted__ = False

    webhook_endpoint_id: Mapped[SafeId]
    history_id: Mapped[KeyId]
    appointment_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    event: Mapped[AppointmentEvent] = word(AppointmentEvent)
    happened_at: Mapped[Instant]
    status: Mapped[DeliveryStatus] = word(DeliveryStatus)
    attempts: Mapped[SafeInt]
    due_at: Mapped[Instant]
    give_up_at: Mapped[Instant]
    delivered_at: Mapped[Instant | None]
    code: Mapped[CodeText | None]
    """What the last attempt came to."""

    __table_args__ = (
        tenant_fk("webhook_endpoint", "webhook_endpoint_id"),
        tenant_fk("appointment_history", "history_id"),
        tenant_fk("appointment", "appointment_id"),
        tenant_fk("location", "location_id"),
        UniqueConstraint("org_id", "webhook_endpoint_id", "history_id", name="uq_webhook_delivery_once"),
        Index("ix_webhook_delivery_due", "due_at", postgresql_where=text("status = 'pending'")),
    )


class CalendarFeed(PlainRow, Base):
    """A link with which a provider's calendar is subscribed to. Only a digest of its token is kept."""

    __tablename__ = "calendar_feed"
    __extracted__ = False

    staff_id: Mapped[SafeId]
    token_digest: Mapped[SecretText]
    shows_place: Mapped[SafeBool]
    """Says where and whether it is confirmed, beside that the time is taken."""
    revoked_at: Mapped[Instant | None]
    added_by: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("staff_member", "staff_id"),
        tenant_fk("staff_member", "added_by"),
        UniqueConstraint("token_digest"),
        Index("ix_calendar_feed_staff", "org_id", "staff_id"),
    )
