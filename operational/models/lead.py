"""People who asked and are no clients yet, and the tasks that staff have with them and with clients."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped

from medspa.kernel.phi import Phi
from medspa.kernel.vocabulary import LeadSource, LeadStatus, LostReason, TaskKind
from operational.models.base import (
    Base,
    Instant,
    KeyId,
    SafeBool,
    SafeId,
    SealedText,
    TokenRow,
    Versioned,
    tagged,
    tenant_fk,
    word,
)


class Lead(TokenRow, Versioned, Base):
    """Somebody who asked, from the first word to a client or to nothing.

    `contact` is sealed under the organization's key, from the conversion on under the client's.
    """

    __tablename__ = "lead"
    __audited__ = True
    __location_scoped__ = True

    location_id: Mapped[SafeId]
    source: Mapped[LeadSource] = word(LeadSource)
    status: Mapped[LeadStatus] = word(LeadStatus)
    lost_reason: Mapped[LostReason | None] = word(LostReason, nullable=True)
    received_at: Mapped[Instant]
    contacted_at: Mapped[Instant | None]
    booked_at: Mapped[Instant | None]
    converted_at: Mapped[Instant | None]
    lost_at: Mapped[Instant | None]
    may_contact: Mapped[SafeBool]
    contact_text_id: Mapped[SafeId | None]
    """The words of the consent."""
    contact: Mapped[SealedText]
    """Name, phone, e-mail address and what they wrote."""
    client_id: Mapped[KeyId | None]
    online_booking_id: Mapped[KeyId | None]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("public_text", "contact_text_id"),
        tenant_fk("client", "client_id"),
        tenant_fk("online_booking", "online_booking_id"),
        CheckConstraint("(status = 'lost') = (lost_reason is not null)", name="lost"),
        CheckConstraint("(status = 'lost') = (lost_at is not null)", name="lost_at"),
        CheckConstraint("status not in ('booked', 'converted') or client_id is not null", name="client"),
        CheckConstraint("may_contact = (contact_text_id is not null)", name="consent"),
        Index("ix_lead_location", "org_id", "location_id", "received_at"),
        Index("ix_lead_client", "org_id", "client_id"),
    )


class Task(TokenRow, Versioned, Base):
    """Something to do until a time, about a lead, a client or a visit."""

    __tablename__ = "task"
    __extracted__ = False
    __location_scoped__ = True

    location_id: Mapped[SafeId]
    kind: Mapped[TaskKind] = word(TaskKind)
    due_at: Mapped[Instant]
    assignee_id: Mapped[SafeId | None]
    """None: whoever comes first."""
    lead_id: Mapped[KeyId | None]
    client_id: Mapped[KeyId | None]
    appointment_id: Mapped[KeyId | None]
    online_booking_id: Mapped[KeyId | None]
    note: Mapped[bytes | None] = tagged(LargeBinary, Phi.FREE_TEXT)
    """Sealed under the organization's key."""
    created_by: Mapped[SafeId | None]
    done_at: Mapped[Instant | None]
    done_by: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "assignee_id"),
        tenant_fk("lead", "lead_id"),
        tenant_fk("client", "client_id"),
        tenant_fk("appointment", "appointment_id"),
        tenant_fk("online_booking", "online_booking_id"),
        tenant_fk("staff_member", "created_by"),
        tenant_fk("staff_member", "done_by"),
        Index("ix_task_open", "org_id", "location_id", "done_at", "due_at"),
        Index("ix_task_lead", "org_id", "lead_id"),
        Index("ix_task_appointment", "org_id", "appointment_id"),
    )
