"""Money on its way to the bank and what the bank says: deposits, returned checks, the bank's own lines."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from medspa.kernel.vocabulary import BankDepositKind, BankDepositStatus, BankMatch
from operational.models.base import (
    Base,
    Currency,
    Day,
    DirectText,
    KeyId,
    Minor,
    SafeId,
    TokenRow,
    Versioned,
    tenant_fk,
    word,
)


class BankDeposit(TokenRow, Versioned, Base):
    """A bag of cash or checks brought to the bank. Checks count as banked at once, cash when confirmed."""

    __tablename__ = "bank_deposit"
    __location_scoped__ = True

    location_id: Mapped[SafeId]
    kind: Mapped[BankDepositKind] = word(BankDepositKind)
    status: Mapped[BankDepositStatus] = word(BankDepositStatus)
    currency: Mapped[Currency]
    amount_minor: Mapped[Minor]
    confirmed_minor: Mapped[Minor | None]
    business_date: Mapped[Day]
    confirmed_on: Mapped[Day | None]
    external_date: Mapped[Day | None]
    """The bank's date of a confirmation, where it is another."""
    sent_by: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "sent_by"),
        CheckConstraint("amount_minor > 0 and coalesce(confirmed_minor, 0) >= 0", name="amount"),
        CheckConstraint(
            "(status = 'confirmed') = (confirmed_on is not null)"
            " and (status = 'confirmed') = (confirmed_minor is not null)",
            name="confirmed",
        ),
        Index("ix_bank_deposit_day", "org_id", "location_id", "business_date"),
    )


class BankDepositItem(TokenRow, Base):
    """A check in a deposit; a check is deposited once. Append-only."""

    __tablename__ = "bank_deposit_item"
    __append_only__ = True

    bank_deposit_id: Mapped[KeyId]
    payment_id: Mapped[KeyId]

    __table_args__ = (
        tenant_fk("bank_deposit", "bank_deposit_id"),
        tenant_fk("payment", "payment_id"),
        UniqueConstraint("org_id", "payment_id"),
    )


class ReturnedCheck(TokenRow, Base):
    """A check that the bank gave back unpaid: the client owes again. Append-only."""

    __tablename__ = "returned_check"
    __append_only__ = True
    __location_scoped__ = True

    payment_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    currency: Mapped[Currency]
    amount_minor: Mapped[Minor]
    receivable_minor: Mapped[Minor]
    """Of it, what is owed on invoices again; the rest was taken from balances or is lost."""
    bank_fee_minor: Mapped[Minor]
    fee_invoice_id: Mapped[KeyId | None]
    """The client's fee, billed apart."""
    business_date: Mapped[Day]
    external_date: Mapped[Day | None]
    staff_id: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("payment", "payment_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("invoice", "fee_invoice_id"),
        tenant_fk("staff_member", "staff_id"),
        UniqueConstraint("org_id", "payment_id"),
        CheckConstraint("receivable_minor between 0 and amount_minor", name="receivable"),
        CheckConstraint("amount_minor > 0 and bank_fee_minor >= 0", name="amount"),
    )


class BankLine(TokenRow, Versioned, Base):
    """A line of a bank statement, entered or imported. Positive came in.

    What it is about is known once it is matched; until then its amount stands in account 1290.
    """

    __tablename__ = "bank_line"
    __location_scoped__ = True

    location_id: Mapped[SafeId]
    legal_entity_id: Mapped[SafeId]
    """Whose bank account it is: a file that two of its locations import adds nothing the second time."""
    line_key: Mapped[DirectText]
    """The bank's id of the line, or a digest of its contents and, where told, of the account."""
    booked_on: Mapped[Day]
    currency: Mapped[Currency]
    amount_minor: Mapped[Minor]
    description: Mapped[DirectText | None]
    business_date: Mapped[Day]
    match_kind: Mapped[BankMatch | None] = word(BankMatch, nullable=True)
    match_id: Mapped[KeyId | None]
    matched_on: Mapped[Day | None]

    __table_args__ = (
        tenant_fk("location", "location_id"),
        tenant_fk("legal_entity", "legal_entity_id"),
        UniqueConstraint("org_id", "legal_entity_id", "line_key"),
        CheckConstraint("amount_minor <> 0", name="amount"),
        CheckConstraint("(match_kind is null) = (matched_on is null)", name="matched"),
        CheckConstraint(
            "(match_id is null) = (match_kind is null or match_kind in ('processor_fee', 'elsewhere'))",
            name="match_id",
        ),
        Index(
            "uq_bank_line_match",
            "org_id",
            "match_kind",
            "match_id",
            unique=True,
            postgresql_where=text("match_id is not null"),
        ),
        Index(
            "ix_bank_line_unmatched",
            "org_id",
            "location_id",
            postgresql_where=text("match_kind is null"),
        ),
    )
