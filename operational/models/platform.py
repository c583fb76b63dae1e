"""What the platform itself keeps: idempotency, document numbers, segment membership, export batches,
tie-out history. None of it describes a person by name."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped

from medspa.kernel.phi import Phi
from operational.models.base import (
    Base,
    ClientKey,
    Day,
    Instant,
    KeyId,
    PlainRow,
    SafeBig,
    SafeBool,
    SafeId,
    SafeInt,
    SafeText,
    SafeWords,
    SecretText,
    TokenRow,
    Versioned,
    tagged,
    tenant_fk,
)


class IdempotencyKey(TokenRow, Base):
    """One request that moves money: in progress, then its stored answer."""

    __tablename__ = "idempotency_key"
    __extracted__ = False

    key: Mapped[SecretText]
    fingerprint: Mapped[SecretText]
    """SHA-256 of method, path, actor and body."""
    actor_id: Mapped[SafeId]
    location_id: Mapped[SafeId | None]
    """Where the work was done: a replay needs the permission at this location again."""
    state: Mapped[SafeText]
    claimed_until: Mapped[Instant]
    """After this instant an abandoned claim may be taken over."""
    status_code: Mapped[SafeInt | None]
    answer: Mapped[bytes | None] = tagged(LargeBinary, Phi.FREE_TEXT)

    __table_args__ = (
        UniqueConstraint("org_id", "key"),
        CheckConstraint("state in ('in_progress', 'done')", name="state"),
        CheckConstraint("(state = 'done') = (status_code is not null)", name="answered"),
    )


class DocumentCounter(TokenRow, Base):
    """The last number given per kind of document; locked while one is given."""

    __tablename__ = "document_counter"
    __extracted__ = False

    kind: Mapped[SafeText]
    location_id: Mapped[SafeId | None]
    last_number: Mapped[SafeBig]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        UniqueConstraint("org_id", "kind", "location_id", postgresql_nulls_not_distinct=True),
    )


class SegmentPublication(PlainRow, Base):
    """One published evaluation of a segment."""

    __tablename__ = "segment_publication"
    __extracted__ = False

    segment_code: Mapped[SafeText]
    definition_version: Mapped[SafeInt]
    as_of: Mapped[Day]
    batch_id: Mapped[SafeBig]
    member_count: Mapped[SafeInt]
    reveals_treatment: Mapped[SafeBool]
    """Being a member tells what somebody was treated with, so names need `chart.read` too."""
    booked: Mapped[SafeText]
    """Which appointments to come keep a member from being written to: `same_category`, `any` or `none`."""
    categories: Mapped[SafeWords]
    """Codes of the treatment categories it is about; none: visits of any kind."""
    current: Mapped[SafeBool]

    __table_args__ = (
        UniqueConstraint(
            "org_id",
            "segment_code",
            "definition_version",
            "batch_id",
            "as_of",
            name="uq_segment_publication_evaluation",
        ),
        CheckConstraint("booked in ('same_category', 'any', 'none')", name="booked"),
        Index("ix_segment_publication_code", "org_id", "segment_code", "created_at"),
    )


class SegmentMember(TokenRow, Base):
    """A client key in a published segment, with its due date and reason code."""

    __tablename__ = "segment_member"
    __extracted__ = False

    publication_id: Mapped[SafeId]
    position: Mapped[SafeInt]
    """Order in the evaluation: the earliest due date first."""
    client_key: Mapped[ClientKey]
    due_on: Mapped[Day | None]
    reason: Mapped[SafeText]

    __table_args__ = (
        tenant_fk("segment_publication", "publication_id"),
        UniqueConstraint("org_id", "publication_id", "client_key"),
    )


class ExportBatch(PlainRow, Versioned, Base):
    """A numbered accounting batch of one legal entity: written once, the same bytes ever after."""

    __tablename__ = "export_batch"

    legal_entity_id: Mapped[SafeId]
    number: Mapped[SafeInt]
    basis: Mapped[SafeText]
    first_date: Mapped[Day]
    last_date: Mapped[Day]
    content_sha256: Mapped[SafeText]
    """SHA-256 of the canonical postings that every format of the batch is made from."""

    __table_args__ = (
        tenant_fk("legal_entity", "legal_entity_id"),
        UniqueConstraint("org_id", "legal_entity_id", "basis", "number"),
        CheckConstraint("first_date <= last_date and number > 0", name="range"),
    )


class ExportBatchDay(TokenRow, Base):
    """A closed location day in a batch; a day is exported once per basis."""

    __tablename__ = "export_batch_day"
    __append_only__ = True

    batch_id: Mapped[SafeId]
    basis: Mapped[SafeText]
    location_id: Mapped[SafeId]
    business_date: Mapped[Day]

    __table_args__ = (
        tenant_fk("export_batch", "batch_id"),
        tenant_fk("location", "location_id"),
        UniqueConstraint("org_id", "basis", "location_id", "business_date"),
    )


class ExportFile(TokenRow, Base):
    """The bytes of one format of a batch. Append-only."""

    __tablename__ = "export_file"
    __extracted__ = False
    __append_only__ = True

    batch_id: Mapped[SafeId]
    format: Mapped[SafeText]
    filename: Mapped[SafeText]
    content: Mapped[bytes] = tagged(LargeBinary, Phi.SAFE)
    sha256: Mapped[SafeText]

    __table_args__ = (tenant_fk("export_batch", "batch_id"), UniqueConstraint("org_id", "batch_id", "format"))


class TieoutResult(PlainRow, Base):
    """The outcome of one tie-out of one batch. Append-only."""

    __tablename__ = "tieout_result"
    __extracted__ = False
    __append_only__ = True

    batch_id: Mapped[SafeBig]
    tieout: Mapped[SafeText]
    location_id: Mapped[SafeId | None]
    business_date: Mapped[Day | None]
    left_minor: Mapped[SafeBig]
    right_minor: Mapped[SafeBig]
    passed: Mapped[SafeBool]

    __table_args__ = (Index("ix_tieout_result_batch", "org_id", "batch_id"),)


class LinkToken(TokenRow, Base):
    """A link sent to a person: a digest, a purpose, an expiry. Consumed only by POST."""

    __tablename__ = "link_token"
    __extracted__ = False

    token_digest: Mapped[SecretText]
    purpose: Mapped[SafeText]
    client_id: Mapped[KeyId | None]
    subject_id: Mapped[KeyId | None]
    expires_at: Mapped[Instant]
    consumed_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]

    __table_args__ = (tenant_fk("client", "client_id"), UniqueConstraint("token_digest"))
