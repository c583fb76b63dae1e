"""Consent templates, their immutable versions, and what clients signed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from medspa.kernel.vocabulary import SignatureMethod
from operational.models.base import (
    Base,
    CodeText,
    DirectText,
    Instant,
    KeyId,
    PlainRow,
    SafeId,
    SafeInt,
    SafeText,
    SealedText,
    TokenRow,
    tenant_fk,
    word,
)


class ConsentTemplate(PlainRow, Base):
    """A consent form by name; its wording lives in versions."""

    __tablename__ = "consent_template"

    name: Mapped[SafeText]
    valid_days: Mapped[SafeInt | None]
    """How long a signature on it holds; none: until a new version."""

    __table_args__ = (
        tenant_fk("organization", "org_id"),
        UniqueConstraint("org_id", "name"),
        CheckConstraint("valid_days is null or valid_days > 0", name="valid_days"),
    )


class ConsentTemplateVersion(PlainRow, Base):
    """A published wording. Never changed; a new wording is a new version."""

    __tablename__ = "consent_template_version"
    __append_only__ = True

    template_id: Mapped[SafeId]
    number: Mapped[SafeInt]
    body: Mapped[DirectText]
    """The organization's own wording; stays here."""
    disclosure: Mapped[DirectText]
    """The electronic-records disclosure accepted before signing (15 USC 7001(c))."""
    body_sha256: Mapped[SafeText]
    published_at: Mapped[Instant]
    published_by: Mapped[SafeId]

    __table_args__ = (
        tenant_fk("consent_template", "template_id"),
        tenant_fk("staff_member", "published_by"),
        UniqueConstraint("org_id", "template_id", "number"),
    )


class SignedConsent(TokenRow, Base):
    """A signature on one version: the exact bytes shown, their hash and the evidence. Append-only."""

    __tablename__ = "signed_consent"
    __audited__ = True
    __append_only__ = True

    client_id: Mapped[KeyId]
    template_version_id: Mapped[SafeId]
    appointment_id: Mapped[KeyId | None]
    rendered: Mapped[SealedText]
    rendered_sha256: Mapped[DirectText]
    signer_name: Mapped[SealedText]
    relationship: Mapped[CodeText]
    """`self`, or who signs for a minor."""
    signature: Mapped[SealedText]
    method: Mapped[SignatureMethod] = word(SignatureMethod)
    disclosure_accepted_at: Mapped[Instant]
    signed_at: Mapped[Instant]
    valid_until: Mapped[Instant | None]
    address: Mapped[DirectText | None]
    user_agent: Mapped[DirectText | None]
    witness_id: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("consent_template_version", "template_version_id"),
        tenant_fk("appointment", "appointment_id"),
        tenant_fk("staff_member", "witness_id"),
        CheckConstraint("disclosure_accepted_at <= signed_at", name="disclosure_first"),
        Index("ix_signed_consent_client", "org_id", "client_id", "template_version_id"),
    )
