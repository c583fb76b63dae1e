"""Chart notes, treatment records, lots of product, good-faith exams."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from medspa.kernel.vocabulary import Intent, LotMovementKind, NoteStatus, TreatmentSource
from operational.models.base import (
    Base,
    CodeText,
    Day,
    DirectText,
    Instant,
    KeyId,
    Milli,
    PlainRow,
    SafeId,
    SafeSmall,
    SealedText,
    TokenRow,
    Versioned,
    tenant_fk,
    word,
)


class ChartNote(TokenRow, Versioned, Base):
    """A note of a visit: a draft by its author, then signed and immutable."""

    __tablename__ = "chart_note"
    __audited__ = True

    client_id: Mapped[KeyId]
    appointment_id: Mapped[KeyId | None]
    author_id: Mapped[SafeId]
    status: Mapped[NoteStatus] = word(NoteStatus)
    body: Mapped[SealedText]
    signed_at: Mapped[Instant | None]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("appointment", "appointment_id"),
        tenant_fk("staff_member", "author_id"),
        CheckConstraint("(status = 'signed') = (signed_at is not null)", name="signed"),
        Index("ix_chart_note_client", "org_id", "client_id", "created_at"),
    )


class NoteAddendum(TokenRow, Base):
    """A dated addition to a signed note."""

    __tablename__ = "note_addendum"
    __audited__ = True
    __append_only__ = True

    note_id: Mapped[KeyId]
    client_id: Mapped[KeyId]
    author_id: Mapped[SafeId]
    body: Mapped[SealedText]

    __table_args__ = (
        tenant_fk("chart_note", "note_id"),
        tenant_fk("client", "client_id"),
        tenant_fk("staff_member", "author_id"),
    )


class ProductLot(PlainRow, Versioned, Base):
    """A lot of a product received at a location. Stock is the sum of its movements."""

    __tablename__ = "product_lot"

    product_id: Mapped[SafeId]
    location_id: Mapped[SafeId]
    lot_number: Mapped[DirectText]
    """A device identifier when tied to a person (164.514(b)(2)(i)(M)): stays here."""
    expires_on: Mapped[Day]
    """The last day on which it may be used."""

    __table_args__ = (
        tenant_fk("product", "product_id"),
        tenant_fk("location", "location_id"),
        UniqueConstraint("org_id", "location_id", "product_id", "lot_number"),
    )


class LotMovement(TokenRow, Base):
    """Stock of a lot received, charted or wasted, in thousandths of the product's unit. Append-only."""

    __tablename__ = "lot_movement"
    __append_only__ = True

    lot_id: Mapped[SafeId]
    kind: Mapped[LotMovementKind] = word(LotMovementKind)
    quantity_milli: Mapped[Milli]
    """Positive when received, negative when charted or wasted."""
    treatment_record_id: Mapped[KeyId | None]
    business_date: Mapped[Day]
    reason: Mapped[CodeText | None]

    __table_args__ = (
        tenant_fk("product_lot", "lot_id"),
        tenant_fk("treatment_record", "treatment_record_id"),
        CheckConstraint("(kind = 'received') = (quantity_milli > 0) and quantity_milli <> 0", name="sign"),
        CheckConstraint("(kind = 'charted') = (treatment_record_id is not null)", name="treatment"),
        Index("ix_lot_movement_lot", "org_id", "lot_id"),
    )


class TreatmentRecord(TokenRow, Versioned, Base):
    """What was done: intent, product, lot, quantity. Immutable once signed."""

    __tablename__ = "treatment_record"
    __audited__ = True

    client_id: Mapped[KeyId]
    appointment_item_id: Mapped[KeyId | None]
    location_id: Mapped[SafeId]
    provider_id: Mapped[SafeId]
    category_id: Mapped[SafeId]
    product_id: Mapped[SafeId | None]
    lot_id: Mapped[SafeId | None]
    intent: Mapped[Intent] = word(Intent)
    source: Mapped[TreatmentSource] = word(TreatmentSource)
    area: Mapped[CodeText | None]
    """An area group as a code: `upper_face`, `lips`."""
    quantity_milli: Mapped[Milli | None]
    """Thousandths of the product's unit; unknown on imported records."""
    dilution: Mapped[CodeText | None]
    performed_at: Mapped[Instant]
    business_date: Mapped[Day]
    next_due_on: Mapped[Day | None]
    """The provider's own next due date; it precedes product and category."""
    status: Mapped[NoteStatus] = word(NoteStatus)
    signed_at: Mapped[Instant | None]
    details: Mapped[SealedText | None]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("appointment_item", "appointment_item_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "provider_id"),
        tenant_fk("treatment_category", "category_id"),
        tenant_fk("product", "product_id"),
        tenant_fk("product_lot", "lot_id"),
        CheckConstraint("quantity_milli is null or quantity_milli > 0", name="quantity"),
        CheckConstraint("(status = 'signed') = (signed_at is not null)", name="signed"),
        Index("ix_treatment_record_client", "org_id", "client_id", "performed_at"),
        Index("ix_treatment_record_item", "org_id", "appointment_item_id"),
    )


class TreatmentSite(TokenRow, Base):
    """Units placed at one site; the sites of a record sum to its quantity."""

    __tablename__ = "treatment_site"
    __audited__ = True
    __extracted__ = False

    treatment_record_id: Mapped[KeyId]
    position: Mapped[SafeSmall]
    site: Mapped[CodeText]
    quantity_milli: Mapped[Milli]

    __table_args__ = (
        tenant_fk("treatment_record", "treatment_record_id"),
        UniqueConstraint("org_id", "treatment_record_id", "position"),
        CheckConstraint("quantity_milli > 0", name="quantity"),
    )


class GoodFaithExam(TokenRow, Base):
    """An examination that allows treatment of one category until it expires."""

    __tablename__ = "good_faith_exam"
    __audited__ = True

    client_id: Mapped[KeyId]
    category_id: Mapped[SafeId]
    examiner_id: Mapped[SafeId]
    examined_on: Mapped[Day]
    valid_until: Mapped[Day]
    """The first day on which it is no longer valid."""

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("treatment_category", "category_id"),
        tenant_fk("staff_member", "examiner_id"),
        CheckConstraint("examined_on < valid_until", name="validity"),
        Index("ix_good_faith_exam_client", "org_id", "client_id", "category_id"),
    )


class GateOverride(TokenRow, Base):
    """A clinical gate that was passed by permission, with its reason. Append-only."""

    __tablename__ = "gate_override"
    __append_only__ = True

    appointment_id: Mapped[KeyId]
    gate: Mapped[CodeText]
    staff_id: Mapped[SafeId]
    reason: Mapped[CodeText]
    """A reason code."""

    __table_args__ = (tenant_fk("appointment", "appointment_id"), tenant_fk("staff_member", "staff_id"))
