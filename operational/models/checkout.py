"""Invoices and what settles or corrects them. Amounts are what was agreed; balances are postings."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from medspa.kernel.vocabulary import AllocationSource, CreditReason, DiscountReason, InvoiceStatus, LineKind
from operational.models.base import (
    Base,
    CodeText,
    Currency,
    Day,
    DirectText,
    Instant,
    KeyId,
    Milli,
    Minor,
    Ppm,
    SafeId,
    SafeSmall,
    SecretText,
    TokenRow,
    Versioned,
    tenant_fk,
    word,
)


class Invoice(TokenRow, Versioned, Base):
    """A document of what a client owes at a location. Issued once, never edited."""

    __tablename__ = "invoice"
    __location_scoped__ = True

    number: Mapped[DirectText]
    client_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    appointment_id: Mapped[KeyId | None]
    currency: Mapped[Currency]
    business_date: Mapped[Day]
    due_on: Mapped[Day]
    status: Mapped[InvoiceStatus] = word(InvoiceStatus)
    issued_at: Mapped[Instant]
    issued_by: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("appointment", "appointment_id"),
        tenant_fk("staff_member", "issued_by"),
        UniqueConstraint("org_id", "number"),
        CheckConstraint("due_on >= business_date", name="due"),
        Index("ix_invoice_client", "org_id", "client_id"),
        Index("ix_invoice_day", "org_id", "location_id", "business_date"),
        Index("ix_invoice_appointment", "org_id", "appointment_id"),
    )


class InvoiceLine(TokenRow, Base):
    """One line: list = quantity × unit price, net = list − discount, tax on net. Append-only."""

    __tablename__ = "invoice_line"
    __append_only__ = True

    invoice_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    position: Mapped[SafeSmall]
    kind: Mapped[LineKind] = word(LineKind)
    service_id: Mapped[SafeId | None]
    product_id: Mapped[SafeId | None]
    category_id: Mapped[SafeId | None]
    provider_id: Mapped[SafeId | None]
    appointment_item_id: Mapped[KeyId | None]
    treatment_record_id: Mapped[KeyId | None]
    gift_card_id: Mapped[KeyId | None]
    package_id: Mapped[KeyId | None]
    membership_period_id: Mapped[KeyId | None]
    covered_by: Mapped[KeyId | None]
    """The entitlement that pays for it: then the list price is 0, or what a dearer service costs more."""
    quantity_milli: Mapped[Milli]
    charted_quantity_milli: Mapped[Milli | None]
    quantity_reason: Mapped[CodeText | None]
    """Why billed differs from charted, as a code."""
    unit_price_minor: Mapped[Minor]
    list_minor: Mapped[Minor]
    discount_minor: Mapped[Minor]
    discount_reason: Mapped[DiscountReason | None] = word(DiscountReason, nullable=True)
    net_minor: Mapped[Minor]
    tax_minor: Mapped[Minor]
    business_date: Mapped[Day]

    __table_args__ = (
        tenant_fk("invoice", "invoice_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("service", "service_id"),
        tenant_fk("product", "product_id"),
        tenant_fk("treatment_category", "category_id"),
        tenant_fk("staff_member", "provider_id"),
        tenant_fk("appointment_item", "appointment_item_id"),
        tenant_fk("treatment_record", "treatment_record_id"),
        tenant_fk("gift_card", "gift_card_id"),
        tenant_fk("package", "package_id"),
        tenant_fk("membership_period", "membership_period_id"),
        tenant_fk("entitlement", "covered_by"),
        UniqueConstraint("org_id", "invoice_id", "position"),
        CheckConstraint("quantity_milli > 0 and unit_price_minor >= 0", name="quantity"),
        CheckConstraint("list_minor >= 0 and discount_minor between 0 and list_minor", name="discount"),
        CheckConstraint("net_minor = list_minor - discount_minor and tax_minor >= 0", name="net"),
        CheckConstraint("(discount_minor > 0) = (discount_reason is not null)", name="discount_reason"),
        CheckConstraint(
            "charted_quantity_milli is null or charted_quantity_milli = quantity_milli"
            " or quantity_reason is not null",
            name="charted",
        ),
        Index("ix_invoice_line_item", "org_id", "appointment_item_id"),
        CheckConstraint("(kind = 'package') = (package_id is not null)", name="package"),
        CheckConstraint("(kind = 'membership_dues') = (membership_period_id is not null)", name="membership"),
        CheckConstraint("covered_by is null or kind = 'service'", name="covered"),
        Index("ix_invoice_line_day", "org_id", "location_id", "business_date"),
    )


class InvoiceLineTax(TokenRow, Base):
    """A jurisdiction's part of a line's tax. Append-only."""

    __tablename__ = "invoice_line_tax"
    __append_only__ = True

    invoice_line_id: Mapped[KeyId]
    jurisdiction_id: Mapped[SafeId]
    rate_ppm: Mapped[Ppm]
    tax_minor: Mapped[Minor]

    __table_args__ = (
        tenant_fk("invoice_line", "invoice_line_id"),
        tenant_fk("tax_jurisdiction", "jurisdiction_id"),
        UniqueConstraint("org_id", "invoice_line_id", "jurisdiction_id"),
        CheckConstraint("tax_minor >= 0", name="tax"),
    )


class GiftCard(TokenRow, Versioned, Base):
    """A card of paid value. Its balance is its postings; the row is what a spend locks."""

    __tablename__ = "gift_card"

    code_digest: Mapped[SecretText | None]
    """None once its sale was voided: the code on the plastic is free to be sold again."""
    last_four: Mapped[DirectText]
    location_id: Mapped[SafeId]
    purchaser_id: Mapped[KeyId]
    currency: Mapped[Currency]
    issued_on: Mapped[Day]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("client", "purchaser_id"),
        UniqueConstraint("org_id", "code_digest"),
    )


class Allocation(TokenRow, Base):
    """What settled part of an invoice: a payment, or a balance applied. Append-only."""

    __tablename__ = "allocation"
    __append_only__ = True

    invoice_id: Mapped[KeyId]
    source: Mapped[AllocationSource] = word(AllocationSource)
    payment_id: Mapped[KeyId | None]
    gift_card_id: Mapped[KeyId | None]
    client_id: Mapped[KeyId | None]
    location_id: Mapped[SafeId]
    amount_minor: Mapped[Minor]
    business_date: Mapped[Day]

    __table_args__ = (
        tenant_fk("invoice", "invoice_id"),
        tenant_fk("payment", "payment_id"),
        tenant_fk("gift_card", "gift_card_id"),
        tenant_fk("client", "client_id"),
        tenant_fk("location", "location_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("(source = 'payment') = (payment_id is not null)", name="payment"),
        CheckConstraint("(source = 'gift_card') = (gift_card_id is not null)", name="gift_card"),
        Index("ix_allocation_invoice", "org_id", "invoice_id"),
        Index("ix_allocation_payment", "org_id", "payment_id"),
    )


class CreditMemo(TokenRow, Versioned, Base):
    """A correction of named invoice lines; what it credits is then paid out or kept as credit."""

    __tablename__ = "credit_memo"
    __location_scoped__ = True

    number: Mapped[DirectText]
    invoice_id: Mapped[KeyId]
    client_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    currency: Mapped[Currency]
    business_date: Mapped[Day]
    reason: Mapped[CreditReason] = word(CreditReason)
    issued_by: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("invoice", "invoice_id"),
        tenant_fk("client", "client_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "issued_by"),
        UniqueConstraint("org_id", "number"),
        Index("ix_credit_memo_invoice", "org_id", "invoice_id"),
        Index("ix_credit_memo_day", "org_id", "location_id", "business_date"),
    )


class CreditMemoLine(TokenRow, Base):
    """The part of one invoice line that is credited, with its own tax. Append-only."""

    __tablename__ = "credit_memo_line"
    __append_only__ = True

    credit_memo_id: Mapped[KeyId]
    invoice_line_id: Mapped[KeyId]
    net_minor: Mapped[Minor]
    tax_minor: Mapped[Minor]

    __table_args__ = (
        tenant_fk("credit_memo", "credit_memo_id"),
        tenant_fk("invoice_line", "invoice_line_id"),
        UniqueConstraint("org_id", "credit_memo_id", "invoice_line_id"),
        CheckConstraint("net_minor >= 0 and tax_minor >= 0 and net_minor + tax_minor > 0", name="amounts"),
        Index("ix_credit_memo_line_line", "org_id", "invoice_line_id"),
    )
