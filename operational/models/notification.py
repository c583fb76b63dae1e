"""What somebody should know of, and who has seen it. Texts are the notices' own; here are codes and ids."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from operational.models.base import Base, CodeText, Instant, KeyId, SafeId, TokenRow, tenant_fk


class Notification(TokenRow, Base):
    """For one member of staff, or for whoever holds a permission at a location (none: at any)."""

    __tablename__ = "notification"
    __extracted__ = False

    location_id: Mapped[SafeId | None]
    permission: Mapped[CodeText | None]
    staff_id: Mapped[SafeId | None]
    kind: Mapped[CodeText]
    subject_id: Mapped[KeyId | None]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "staff_id"),
        CheckConstraint("num_nonnulls(permission, staff_id) = 1", name="for_whom"),
        Index("ix_notification_recent", "org_id", "created_at"),
    )


class NotificationRead(TokenRow, Base):
    """That somebody has seen one."""

    __tablename__ = "notification_read"
    __extracted__ = False

    notification_id: Mapped[KeyId]
    staff_id: Mapped[SafeId]
    read_at: Mapped[Instant]

    __table_args__ = (
        tenant_fk("notification", "notification_id"),
        tenant_fk("staff_member", "staff_id"),
        UniqueConstraint("org_id", "notification_id", "staff_id"),
    )
