"""What ties visits together or comes before one: groups of visits, the walk-in queue, earlier states."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

from medspa.kernel.phi import Phi
from medspa.kernel.vocabulary import VisitGroupKind, WalkInStatus
from operational.models.base import (
    Base,
    Instant,
    KeyId,
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


class VisitGroup(TokenRow, Versioned, Base):
    """Visits that belong together: a series of one client, or people who come together."""

    __tablename__ = "visit_group"
    __extracted__ = False
    __location_scoped__ = True

    location_id: Mapped[SafeId]
    kind: Mapped[VisitGroupKind] = word(VisitGroupKind)
    booker_id: Mapped[KeyId]
    """The client who booked for all, and pays if there is one bill."""
    one_bill: Mapped[SafeBool]

    __table_args__ = (tenant_fk("location", "location_id"), tenant_fk("client", "booker_id"))


class VisitGroupMember(TokenRow, Base):
    """A visit of a group, in its order."""

    __tablename__ = "visit_group_member"
    __extracted__ = False

    group_id: Mapped[KeyId]
    appointment_id: Mapped[KeyId]
    position: Mapped[SafeSmall]

    __table_args__ = (
        tenant_fk("visit_group", "group_id"),
        tenant_fk("appointment", "appointment_id"),
        UniqueConstraint("org_id", "appointment_id"),
        Index("ix_visit_group_member_group", "org_id", "group_id", "position"),
    )


class WalkIn(TokenRow, Versioned, Base):
    """Somebody who came without an appointment and waits, with the wait they were told."""

    __tablename__ = "walk_in"
    __extracted__ = False
    __location_scoped__ = True

    location_id: Mapped[SafeId]
    client_id: Mapped[KeyId]
    service_id: Mapped[SafeId]
    provider_id: Mapped[SafeId | None]
    status: Mapped[WalkInStatus] = word(WalkInStatus)
    came_at: Mapped[Instant]
    quoted_minutes: Mapped[SafeInt | None]
    """None: no time was free that day."""
    ended_at: Mapped[Instant | None]
    appointment_id: Mapped[KeyId | None]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("client", "client_id"),
        tenant_fk("service", "service_id"),
        tenant_fk("staff_member", "provider_id"),
        tenant_fk("appointment", "appointment_id"),
        CheckConstraint("(status = 'seated') = (appointment_id is not null)", name="seated"),
        CheckConstraint("(status = 'waiting') = (ended_at is null)", name="ended"),
        Index("ix_walk_in_queue", "org_id", "location_id", "came_at"),
    )


class AppointmentState(TokenRow, Base):
    """What a visit was after an event of its history, in full: who changed what, and what undo returns to."""

    __tablename__ = "appointment_state"
    __extracted__ = False
    __append_only__ = True

    appointment_id: Mapped[KeyId]
    history_id: Mapped[KeyId]
    state: Mapped[dict[str, Any]] = tagged(JSONB, Phi.DIRECT)

    __table_args__ = (
        tenant_fk("appointment", "appointment_id"),
        tenant_fk("appointment_history", "history_id"),
        UniqueConstraint("org_id", "history_id"),
        Index("ix_appointment_state_appointment", "org_id", "appointment_id"),
    )
