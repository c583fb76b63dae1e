"""What the card processor reports about money that was taken: disputes, payouts to the bank, their lines."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from medspa.kernel.vocabulary import (
    DisputeStatus,
    ProcessorDecision,
    ProcessorItemReason,
    ProcessorLineBooking,
    ProcessorLineEvent,
    ProcessorLineKind,
    ProcessorLineRefusal,
)
from operational.models.base import (
    Base,
    Currency,
    Day,
    DirectText,
    Instant,
    KeyId,
    Minor,
    SafeBool,
    SafeId,
    TokenRow,
    Versioned,
    tenant_fk,
    word,
)


class Dispute(TokenRow, Versioned, Base):
    """A client's bank takes a card payment back until it is decided.

    Dates are business dates of the books; the external ones are the processor's, where they differ.
    """

    __tablename__ = "dispute"
    __location_scoped__ = True

    payment_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    merchant_account_id: Mapped[SafeId]
    dispute_reference: Mapped[DirectText]
    status: Mapped[DisputeStatus] = word(DisputeStatus)
    currency: Mapped[Currency]
    amount_minor: Mapped[Minor]
    fee_minor: Mapped[Minor]
    fee_returned_minor: Mapped[Minor]
    prepaid_taken_minor: Mapped[Minor]
    """Of a lost one: what was still owed of the prepaid values that the payment bought."""
    billed_again_minor: Mapped[Minor]
    opened_on: Mapped[Day]
    external_opened_on: Mapped[Day | None]
    resolved_on: Mapped[Day | None]
    external_resolved_on: Mapped[Day | None]

    __table_args__ = (
        tenant_fk("payment", "payment_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("merchant_account", "merchant_account_id"),
        UniqueConstraint("org_id", "dispute_reference"),
        CheckConstraint("amount_minor > 0 and fee_minor >= 0", name="amount"),
        CheckConstraint("fee_returned_minor between 0 and fee_minor", name="fee_returned"),
        CheckConstraint(
            "prepaid_taken_minor >= 0 and billed_again_minor >= 0"
            " and prepaid_taken_minor + billed_again_minor <= amount_minor",
            name="parts",
        ),
        CheckConstraint("(status = 'opened') = (resolved_on is null)", name="resolved"),
        Index("ix_dispute_payment", "org_id", "payment_id"),
    )


class DisputeFee(TokenRow, Base):
    """A fee of a dispute as it was told of: at the opening, or more of it later. Append-only."""

    __tablename__ = "dispute_fee"
    __append_only__ = True
    __location_scoped__ = True

    dispute_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    business_date: Mapped[Day]
    fee_minor: Mapped[Minor]

    __table_args__ = (
        tenant_fk("dispute", "dispute_id"),
        tenant_fk("location", "location_id"),
        CheckConstraint("fee_minor > 0", name="fee"),
        Index("ix_dispute_fee_dispute", "org_id", "dispute_id"),
    )


class ProcessorPayout(TokenRow, Versioned, Base):
    """A payout of the processor to the bank account, as its report lists it.

    Negative: the processor took money back.
    """

    __tablename__ = "processor_payout"

    merchant_account_id: Mapped[SafeId]
    payout_reference: Mapped[DirectText]
    currency: Mapped[Currency]
    gross_minor: Mapped[Minor]
    fee_minor: Mapped[Minor]
    net_minor: Mapped[Minor]
    arrived_on: Mapped[Day]
    """The processor's date of arrival at the bank."""
    failed_on: Mapped[Day | None]
    """The day on which it became known that the bank had sent it back; its lines wait for another."""

    __table_args__ = (
        tenant_fk("merchant_account", "merchant_account_id"),
        UniqueConstraint("org_id", "merchant_account_id", "payout_reference"),
        CheckConstraint("net_minor = gross_minor - fee_minor", name="net"),
    )


class ProcessorLine(TokenRow, Versioned, Base):
    """A balance transaction of the processor: read from it, never made from postings.

    `amount_minor` is signed: positive came to the account. What it is about is found by the processor's
    references; a line about nothing of ours has no payment, payout or dispute.
    """

    __tablename__ = "processor_line"

    merchant_account_id: Mapped[SafeId]
    line_reference: Mapped[DirectText]
    kind: Mapped[ProcessorLineKind] = word(ProcessorLineKind)
    currency: Mapped[Currency]
    amount_minor: Mapped[Minor]
    fee_minor: Mapped[Minor]
    occurred_at: Mapped[Instant]
    occurred_on: Mapped[Day]
    """The business date of `occurred_at` where it happened."""
    about_reference: Mapped[DirectText | None]
    """The processor's reference of what it is about: one that is booked late is found by it."""
    processor_payout_id: Mapped[KeyId | None]
    location_id: Mapped[SafeId]
    """Where it happened; of a line about nothing of ours, the first location of the legal entity."""
    payment_id: Mapped[KeyId | None]
    payout_id: Mapped[KeyId | None]
    dispute_id: Mapped[KeyId | None]
    booked_as: Mapped[ProcessorLineBooking | None] = word(ProcessorLineBooking, nullable=True)
    """What a person took it out of 1290 as."""
    booked_reason: Mapped[ProcessorItemReason | None] = word(ProcessorItemReason, nullable=True)
    booked_on: Mapped[Day | None]
    booked_by: Mapped[SafeId | None]
    refused_as: Mapped[ProcessorLineRefusal | None] = word(ProcessorLineRefusal, nullable=True)
    """Why it is kept and not booked, whatever becomes of it at the processor."""

    __table_args__ = (
        tenant_fk("merchant_account", "merchant_account_id"),
        tenant_fk("processor_payout", "processor_payout_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("payment", "payment_id"),
        tenant_fk("payout", "payout_id"),
        tenant_fk("dispute", "dispute_id"),
        UniqueConstraint("org_id", "merchant_account_id", "line_reference"),
        tenant_fk("staff_member", "booked_by"),
        CheckConstraint("num_nonnulls(payment_id, payout_id, dispute_id) <= 1", name="subject"),
        CheckConstraint(
            "(booked_as is null) = (booked_on is null) and (booked_as is null) = (booked_reason is null)",
            name="booked",
        ),
        CheckConstraint(
            "refused_as is null or num_nonnulls(payment_id, payout_id, dispute_id) = 0", name="refused"
        ),
        CheckConstraint(
            "(coalesce(booked_as, '') <> 'elsewhere') or refused_as is not null", name="elsewhere"
        ),
        # One line each way is about a document: money that came for it, and money that left.
        *(
            Index(
                f"uq_processor_line_{name}",
                "org_id",
                f"{name}_id",
                text("(amount_minor > 0)"),
                unique=True,
                postgresql_where=text(f"{name}_id is not null"),
            )
            for name in ("payment", "payout", "dispute")
        ),
        Index("ix_processor_line_payout", "org_id", "processor_payout_id"),
        Index(
            "ix_processor_line_unpaid",
            "org_id",
            "merchant_account_id",
            postgresql_where=text("processor_payout_id is null"),
        ),
    )


class ProcessorLineHistory(TokenRow, Base):
    """What became of a line, where and on which business date: its amounts are the line's. Append-only."""

    __tablename__ = "processor_line_history"
    __append_only__ = True

    processor_line_id: Mapped[KeyId]
    event: Mapped[ProcessorLineEvent] = word(ProcessorLineEvent)
    location_id: Mapped[SafeId]
    business_date: Mapped[Day]
    clears: Mapped[SafeBool]
    """It was known then what the line is about: the clearing account moved."""

    __table_args__ = (
        tenant_fk("processor_line", "processor_line_id"),
        tenant_fk("location", "location_id"),
        Index("ix_processor_line_history_line", "org_id", "processor_line_id"),
    )


class ProcessorLineDecision(TokenRow, Base):
    """What a person said of a line, or took back, with the entry that it posted. Append-only."""

    __tablename__ = "processor_line_decision"
    __append_only__ = True
    __extracted__ = False

    processor_line_id: Mapped[KeyId]
    kind: Mapped[ProcessorDecision] = word(ProcessorDecision)
    location_id: Mapped[SafeId]
    """Where the line stood before."""
    payment_id: Mapped[KeyId | None]
    payout_id: Mapped[KeyId | None]
    dispute_id: Mapped[KeyId | None]
    booked_as: Mapped[ProcessorLineBooking | None] = word(ProcessorLineBooking, nullable=True)
    undoes_id: Mapped[KeyId | None]
    business_date: Mapped[Day]
    staff_id: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("processor_line", "processor_line_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("payment", "payment_id"),
        tenant_fk("payout", "payout_id"),
        tenant_fk("dispute", "dispute_id"),
        tenant_fk("processor_line_decision", "undoes_id"),
        tenant_fk("staff_member", "staff_id"),
        UniqueConstraint("org_id", "undoes_id"),
        CheckConstraint("(kind = 'undone') = (undoes_id is not null)", name="undone"),
        Index("ix_processor_line_decision_line", "org_id", "processor_line_id"),
    )


class RefundFailure(TokenRow, Base):
    """A card refund that had succeeded and came back: what is owed to the client again. Append-only.

    Negative: one that a person had told of by mistake is taken back.
    """

    __tablename__ = "refund_failure"
    __append_only__ = True
    __location_scoped__ = True

    payout_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    merchant_account_id: Mapped[SafeId]
    currency: Mapped[Currency]
    amount_minor: Mapped[Minor]
    deposit_minor: Mapped[Minor]
    """Of it, what had left beyond the client's deposit: a deposit again, to be matched with that."""
    business_date: Mapped[Day]
    external_date: Mapped[Day | None]
    processor_line_id: Mapped[KeyId | None]
    """The line by which a person told of it."""
    undoes_id: Mapped[KeyId | None]
    staff_id: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("payout", "payout_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("merchant_account", "merchant_account_id"),
        tenant_fk("processor_line", "processor_line_id"),
        tenant_fk("refund_failure", "undoes_id"),
        tenant_fk("staff_member", "staff_id"),
        UniqueConstraint("org_id", "undoes_id"),
        CheckConstraint("(amount_minor < 0) = (undoes_id is not null) and amount_minor <> 0", name="amount"),
        CheckConstraint("abs(deposit_minor) <= abs(amount_minor)", name="deposit"),
        Index("ix_refund_failure_payout", "org_id", "payout_id"),
    )
