"""Clients and duplicate flags. Contact consent and charts live elsewhere."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from operational.models.base import (
    Base,
    BirthDate,
    ClientKey,
    DirectText,
    Instant,
    KeyId,
    SafeId,
    SafeText,
    SafeWords,
    TokenRow,
    Versioned,
    ZipCode,
    tenant_fk,
)


class Client(TokenRow, Versioned, Base):
    """A person treated here. `client_key` is the only name they have outside this store."""

    __tablename__ = "client"
    __audited__ = True

    client_key: Mapped[ClientKey]
    first_name: Mapped[DirectText]
    last_name: Mapped[DirectText]
    phone: Mapped[DirectText | None]
    """E.164."""
    email: Mapped[DirectText | None]
    birth_date: Mapped[BirthDate | None]
    street: Mapped[DirectText | None]
    city: Mapped[DirectText | None]
    state: Mapped[SafeText | None]
    zip_code: Mapped[ZipCode | None]
    source: Mapped[SafeText | None]
    """Where the client heard of the practice, as a code."""
    flags: Mapped[SafeWords]
    home_location_id: Mapped[SafeId | None]
    merged_into_id: Mapped[KeyId | None]

    __table_args__ = (
        tenant_fk("organization", "org_id"),
        tenant_fk("location", "home_location_id"),
        tenant_fk("client", "merged_into_id"),
        UniqueConstraint("org_id", "client_key"),
        CheckConstraint("phone is null or phone ~ '^\\+[1-9][0-9]{6,14}$'", name="phone"),
        Index("ix_client_name", "org_id", text("lower(last_name)"), text("lower(first_name)")),
        Index("ix_client_phone", "org_id", "phone"),
        Index("ix_client_email", "org_id", text("lower(email)")),
    )


class ClientDuplicate(TokenRow, Base):
    """Two client records that look like one person, until somebody decides."""

    __tablename__ = "client_duplicate"

    client_id: Mapped[KeyId]
    other_client_id: Mapped[KeyId]
    reason: Mapped[SafeText]
    """`phone`, `email` or `name_birth_date`."""
    resolved_at: Mapped[Instant | None]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("client", "other_client_id"),
        UniqueConstraint("org_id", "client_id", "other_client_id"),
        CheckConstraint("client_id <> other_client_id", name="two"),
    )


