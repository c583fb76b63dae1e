"""Staff, roles, credentials, shifts, sign-in sessions and API keys. Secrets are digests or sealed."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from medspa.kernel.phi import Phi
from operational.models.base import (
    Base,
    Day,
    DirectText,
    Instant,
    PlainRow,
    SafeBool,
    SafeId,
    SafeText,
    SafeWords,
    SecretBytes,
    SecretText,
    StaffLabel,
    TokenRow,
    Versioned,
    tagged,
    tenant_fk,
)


class StaffMember(PlainRow, Versioned, Base):
    """A person who works here. `label` is how reports name them."""

    __tablename__ = "staff_member"

    label: Mapped[StaffLabel]
    email: Mapped[DirectText]
    email_digest: Mapped[SecretText]
    """SHA-256 of the lower-cased address: the sign-in directory's key."""
    password_hash: Mapped[SecretText | None]
    totp_secret: Mapped[SecretBytes | None]
    """Sealed under the organization's data key; set once enrolment is confirmed."""
    totp_last_step: Mapped[SecretText | None]
    pin_hash: Mapped[SecretText | None]
    is_provider: Mapped[SafeBool]
    active: Mapped[SafeBool]

    __table_args__ = (
        tenant_fk("organization", "org_id"),
        UniqueConstraint("org_id", "email_digest"),
        Index("ix_staff_member_digest", "email_digest"),
    )


class Role(PlainRow, Versioned, Base):
    """A named set of permissions, edited by the organization."""

    __tablename__ = "role"
    __extracted__ = False

    name: Mapped[SafeText]
    permissions: Mapped[SafeWords]

    __table_args__ = (tenant_fk("organization", "org_id"), UniqueConstraint("org_id", "name"))


class StaffRole(PlainRow, Base):
    """A role of a staff member at one location, or at all of them (no location)."""

    __tablename__ = "staff_role"
    __extracted__ = False

    staff_id: Mapped[SafeId]
    role_id: Mapped[SafeId]
    location_id: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("staff_member", "staff_id"),
        tenant_fk("role", "role_id"),
        tenant_fk("location", "location_id"),
        UniqueConstraint("org_id", "staff_id", "role_id", "location_id", postgresql_nulls_not_distinct=True),
    )


class Credential(PlainRow, Versioned, Base):
    """A licence or training that lets a provider perform a treatment category at a location."""

    __tablename__ = "credential"

    staff_id: Mapped[SafeId]
    category_id: Mapped[SafeId]
    location_id: Mapped[SafeId]
    licence_number: Mapped[DirectText | None]
    valid_from: Mapped[Day]
    valid_until: Mapped[Day]
    """The first day on which it is no longer valid."""

    __table_args__ = (
        tenant_fk("staff_member", "staff_id"),
        tenant_fk("treatment_category", "category_id"),
        tenant_fk("location", "location_id"),
        CheckConstraint("valid_from < valid_until", name="validity"),
        Index("ix_credential_lookup", "org_id", "staff_id", "category_id", "location_id"),
    )


class Shift(PlainRow, Versioned, Base):
    """Working time of a provider at a location, half-open, in UTC."""

    __tablename__ = "shift"
    __location_scoped__ = True

    staff_id: Mapped[SafeId]
    location_id: Mapped[SafeId]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    active: Mapped[SafeBool] = tagged(Boolean, Phi.SAFE, default=True, server_default="true")

    __table_args__ = (
        tenant_fk("staff_member", "staff_id"),
        tenant_fk("location", "location_id"),
        CheckConstraint("starts_at < ends_at and ends_at <= starts_at + interval '24 hours'", name="span"),
        Index("ix_shift_lookup", "org_id", "staff_id", "starts_at"),
    )


class AuthSession(TokenRow, Base):
    """A server-side sign-in session, known by the digest of its cookie."""

    __tablename__ = "auth_session"
    __extracted__ = False

    staff_id: Mapped[SafeId]
    token_digest: Mapped[SecretText]
    csrf_digest: Mapped[SecretText]
    address: Mapped[DirectText | None]
    last_seen_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    second_factor_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]

    __table_args__ = (
        tenant_fk("staff_member", "staff_id"),
        UniqueConstraint("token_digest"),
        Index("ix_auth_session_live", "org_id", "staff_id", postgresql_where=text("ended_at is null")),
    )


class ApiKey(TokenRow, Versioned, Base):
    """A key for another program, with scopes that are permissions."""

    __tablename__ = "api_key"
    __extracted__ = False

    name: Mapped[SafeText]
    key_digest: Mapped[SecretText]
    scopes: Mapped[SafeWords]
    location_id: Mapped[SafeId | None]
    created_by: Mapped[SafeId]
    expires_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]

    __table_args__ = (
        tenant_fk("staff_member", "created_by"),
        tenant_fk("location", "location_id"),
        UniqueConstraint("key_digest"),
    )
