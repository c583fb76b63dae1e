"""Money in and out: payments, tips, payouts and the calls to the card processor."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from medspa.kernel.phi import Phi
from medspa.kernel.vocabulary import AttemptState, PaymentPurpose, PaymentStatus, Tender
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
    SafeSmall,
    SafeText,
    TokenRow,
    Versioned,
    tagged,
    tenant_fk,
    word,
)


class Payment(TokenRow, Versioned, Base):
    """Money received from a client in one tender. `amount_minor` includes the tip.

    Cash: `amount_minor` is what stays in the drawer after change and rounding;
    `rounding_minor` is what rounding added to (or took from) what it settles.
    """

    __tablename__ = "payment"
    __location_scoped__ = True

    client_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    drawer_session_id: Mapped[KeyId]
    invoice_id: Mapped[KeyId | None]
    purpose: Mapped[PaymentPurpose] = word(PaymentPurpose)
    tender: Mapped[Tender] = word(Tender)
    status: Mapped[PaymentStatus] = word(PaymentStatus)
    currency: Mapped[Currency]
    amount_minor: Mapped[Minor]
    tip_minor: Mapped[Minor]
    rounding_minor: Mapped[Minor]
    tendered_minor: Mapped[Minor | None]
    change_minor: Mapped[Minor | None]
    business_date: Mapped[Day | None]
    """Written when it succeeds; never changed."""
    external_date: Mapped[Day | None]
    merchant_account_id: Mapped[SafeId | None]
    processor_reference: Mapped[DirectText | None]
    card_brand: Mapped[SafeText | None]
    card_last_four: Mapped[DirectText | None]
    check_number: Mapped[DirectText | None]
    programme_id: Mapped[SafeId | None]
    """The third party that pays in the client's place."""
    appointment_id: Mapped[KeyId | None]
    """The appointment a deposit was taken for, or to which that one was rescheduled."""
    succeeded_at: Mapped[Instant | None]
    taken_by: Mapped[SafeId | None]
    decline_code: Mapped[SafeText | None]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("drawer_session", "drawer_session_id"),
        tenant_fk("invoice", "invoice_id"),
        tenant_fk("merchant_account", "merchant_account_id"),
        tenant_fk("appointment", "appointment_id"),
        tenant_fk("staff_member", "taken_by"),
        tenant_fk("tender_programme", "programme_id"),
        CheckConstraint("amount_minor > 0 and tip_minor >= 0 and tip_minor <= amount_minor", name="amounts"),
        CheckConstraint("(purpose = 'invoice') = (invoice_id is not null)", name="purpose"),
        CheckConstraint("(tender = 'card') = (merchant_account_id is not null)", name="merchant"),
        CheckConstraint("(tender = 'third_party') = (programme_id is not null)", name="programme"),
        CheckConstraint("(status = 'succeeded') = (business_date is not null)", name="dated"),
        CheckConstraint("rounding_minor = 0 or tender = 'cash'", name="rounding"),
        Index("ix_payment_client", "org_id", "client_id"),
        Index("ix_payment_invoice", "org_id", "invoice_id"),
        Index("ix_payment_drawer", "org_id", "drawer_session_id"),
        Index("ix_payment_day", "org_id", "location_id", "business_date"),
        Index("ix_payment_reference", "processor_reference"),
        Index(
            "ix_payment_unresolved",
            "org_id",
            "location_id",
            postgresql_where=text("status in ('pending', 'unknown')"),
        ),
    )


class Tip(TokenRow, Base):
    """The part of a payment's tip owed to one provider. Append-only."""

    __tablename__ = "tip"
    __append_only__ = True

    payment_id: Mapped[KeyId]
    provider_id: Mapped[SafeId]
    amount_minor: Mapped[Minor]

    __table_args__ = (
        tenant_fk("payment", "payment_id"),
        tenant_fk("staff_member", "provider_id"),
        UniqueConstraint("org_id", "payment_id", "provider_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
    )


class Payout(TokenRow, Versioned, Base):
    """Money returned to a client: of a credit memo or of a deposit, to one payment's tender.

    Without a tender a memo's credit is kept: on `gift_card_id`, or as account credit. `cashes_out` pays a
    balance of the client's in money: of `gift_card_id`, or account credit.
    """

    __tablename__ = "payout"
    __location_scoped__ = True

    client_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    credit_memo_id: Mapped[KeyId | None]
    payment_id: Mapped[KeyId | None]
    gift_card_id: Mapped[KeyId | None]
    cashes_out: Mapped[SafeBool] = tagged(Boolean, Phi.SAFE, server_default="false", default=False)
    drawer_session_id: Mapped[KeyId | None]
    tender: Mapped[Tender | None] = word(Tender, nullable=True)
    status: Mapped[PaymentStatus] = word(PaymentStatus)
    currency: Mapped[Currency]
    amount_minor: Mapped[Minor]
    tip_minor: Mapped[Minor]
    """A refunded tip, included in `amount_minor`."""
    rounding_minor: Mapped[Minor]
    """What cash rounding added to (or took from) what it settles, included in `amount_minor`."""
    business_date: Mapped[Day | None]
    processor_reference: Mapped[DirectText | None]
    succeeded_at: Mapped[Instant | None]
    paid_by: Mapped[SafeId | None]
    decline_code: Mapped[SafeText | None]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("credit_memo", "credit_memo_id"),
        tenant_fk("payment", "payment_id"),
        tenant_fk("gift_card", "gift_card_id"),
        tenant_fk("drawer_session", "drawer_session_id"),
        tenant_fk("staff_member", "paid_by"),
        CheckConstraint("amount_minor > 0 and tip_minor between 0 and amount_minor", name="amount"),
        CheckConstraint("cashes_out or (tender is null) = (payment_id is null)", name="tender"),
        CheckConstraint("tender is not null or credit_memo_id is not null", name="source"),
        CheckConstraint(
            "not cashes_out or tender is not null and credit_memo_id is null and tip_minor = 0",
            name="cashes_out",
        ),
        CheckConstraint(
            "gift_card_id is null or cashes_out or tender is null and credit_memo_id is not null",
            name="gift_card",
        ),
        CheckConstraint("rounding_minor = 0 or tender = 'cash'", name="rounding"),
        CheckConstraint("(status = 'succeeded') = (business_date is not null)", name="dated"),
        Index("ix_payout_payment", "org_id", "payment_id"),
        Index("ix_payout_credit_memo", "org_id", "credit_memo_id"),
        Index("ix_payout_drawer", "org_id", "drawer_session_id"),
        Index("ix_payout_day", "org_id", "location_id", "business_date"),
    )


class ProcessorAttempt(TokenRow, Versioned, Base):
    """One call to the card processor, committed before it is made and resolved afterwards."""

    __tablename__ = "processor_attempt"
    __extracted__ = False

    payment_id: Mapped[KeyId | None]
    payout_id: Mapped[KeyId | None]
    attempt_no: Mapped[SafeSmall]
    request_key: Mapped[DirectText]
    """The processor's idempotency key: the same for every retry of this attempt."""
    state: Mapped[AttemptState] = word(AttemptState)
    result_code: Mapped[SafeText | None]
    resolved_at: Mapped[Instant | None]

    __table_args__ = (
        tenant_fk("payment", "payment_id"),
        tenant_fk("payout", "payout_id"),
        CheckConstraint("(payment_id is null) <> (payout_id is null)", name="subject"),
        UniqueConstraint("request_key"),
        Index("ix_processor_attempt_state", "org_id", "state"),
    )


class ProcessorEvent(TokenRow, Base):
    """A verified webhook of the processor, stored once per event id. Append-only."""

    __tablename__ = "processor_event"
    __extracted__ = False
    __append_only__ = True

    event_reference: Mapped[DirectText]
    kind: Mapped[SafeText]
    attempt_id: Mapped[KeyId | None]
    outcome: Mapped[SafeText]
    """What it changed: `applied`, `repeated`, `ignored`."""

    __table_args__ = (
        tenant_fk("processor_attempt", "attempt_id"),
        UniqueConstraint("org_id", "event_reference"),
    )
