"""What others owe in a client's place, and what is given up: programmes, remittances, write-offs."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from medspa.kernel.vocabulary import ProgrammeKind, SettlementOutcome, WriteOffKind
from operational.models.base import (
    Base,
    Currency,
    Day,
    KeyId,
    Minor,
    PlainRow,
    SafeBool,
    SafeId,
    SafeText,
    TokenRow,
    Versioned,
    tenant_fk,
    word,
)


class TenderProgramme(PlainRow, Versioned, Base):
    """A third party that pays for clients: a lender, or a manufacturer's rewards."""

    __tablename__ = "tender_programme"

    name: Mapped[SafeText]
    kind: Mapped[ProgrammeKind] = word(ProgrammeKind)
    active: Mapped[SafeBool]

    __table_args__ = (tenant_fk("organization", "org_id"), UniqueConstraint("org_id", "name"))


class Remittance(TokenRow, Base):
    """One transfer of a programme for payments taken at a location. Append-only."""

    __tablename__ = "remittance"
    __append_only__ = True
    __location_scoped__ = True

    programme_id: Mapped[SafeId]
    location_id: Mapped[SafeId]
    currency: Mapped[Currency]
    gross_minor: Mapped[Minor]
    fee_minor: Mapped[Minor]
    practice_funded_minor: Mapped[Minor]
    net_minor: Mapped[Minor]
    business_date: Mapped[Day]
    external_date: Mapped[Day | None]
    staff_id: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("tender_programme", "programme_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("staff_member", "staff_id"),
        CheckConstraint("fee_minor >= 0 and practice_funded_minor >= 0", name="parts"),
        CheckConstraint("net_minor = gross_minor - fee_minor - practice_funded_minor", name="net"),
    )


class RemittanceItem(TokenRow, Base):
    """What a programme did with one payment: once, settled or refused. Append-only."""

    __tablename__ = "remittance_item"
    __append_only__ = True
    __location_scoped__ = True

    payment_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    programme_id: Mapped[SafeId]
    remittance_id: Mapped[KeyId | None]
    outcome: Mapped[SettlementOutcome] = word(SettlementOutcome)
    currency: Mapped[Currency]
    amount_minor: Mapped[Minor]
    receivable_minor: Mapped[Minor]
    """Of a refusal: what the client owes again."""
    fee_minor: Mapped[Minor]
    practice_funded_minor: Mapped[Minor]
    business_date: Mapped[Day]
    external_date: Mapped[Day | None]

    __table_args__ = (
        tenant_fk("payment", "payment_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("tender_programme", "programme_id"),
        tenant_fk("remittance", "remittance_id"),
        UniqueConstraint("org_id", "payment_id"),
        CheckConstraint("(outcome = 'settled') = (remittance_id is not null)", name="outcome"),
        CheckConstraint("receivable_minor in (0, amount_minor)", name="receivable"),
        CheckConstraint(
            "fee_minor >= 0 and practice_funded_minor >= 0"
            " and fee_minor + practice_funded_minor <= amount_minor",
            name="parts",
        ),
    )


class WriteOff(TokenRow, Base):
    """A debt of an invoice given up, or a part of one that came after all. Append-only."""

    __tablename__ = "write_off"
    __append_only__ = True
    __location_scoped__ = True

    invoice_id: Mapped[KeyId]
    location_id: Mapped[SafeId]
    kind: Mapped[WriteOffKind] = word(WriteOffKind)
    write_off_id: Mapped[KeyId | None]
    """Of a recovery: the write-off it takes back."""
    currency: Mapped[Currency]
    amount_minor: Mapped[Minor]
    tax_minor: Mapped[Minor]
    """Of it, sales tax that bad-debt relief gives back."""
    business_date: Mapped[Day]
    staff_id: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("invoice", "invoice_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("write_off", "write_off_id"),
        tenant_fk("staff_member", "staff_id"),
        CheckConstraint("amount_minor > 0 and tax_minor between 0 and amount_minor", name="amount"),
        CheckConstraint("(kind = 'recovered') = (write_off_id is not null)", name="recovered"),
        Index("ix_write_off_invoice", "org_id", "invoice_id"),
    )
