"""The ledger: accounts, entries, postings. What an event posts is decided in operational.ledger."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from medspa.kernel.phi import Phi
from medspa.kernel.vocabulary import LedgerEvent, SubledgerKey
from operational.models.base import (
    Base,
    Currency,
    Day,
    KeyId,
    Minor,
    SafeBig,
    SafeBool,
    SafeId,
    SafeSmall,
    SafeText,
    TokenRow,
    tagged,
    tenant_fk,
    word,
)


class LedgerAccount(Base):
    """The base chart of accounts, the same for every organization."""

    __tablename__ = "ledger_account"

    code: Mapped[SafeText] = tagged(Text, Phi.SAFE, primary_key=True)
    name: Mapped[SafeText]
    kind: Mapped[SafeText]
    """`asset`, `liability`, `equity`, `revenue`, `expense`."""
    required_key: Mapped[SubledgerKey] = word(SubledgerKey)
    may_go_negative: Mapped[SafeBool]
    """False: the sum per subledger key stays on the account's own side."""
    changed_xid: Mapped[SafeBig | None]

    __table_args__ = (
        CheckConstraint("kind in ('asset', 'liability', 'equity', 'revenue', 'expense')", name="kind"),
    )


class JournalEntry(TokenRow, Base):
    """One event's postings, balanced per location. Append-only."""

    __tablename__ = "journal_entry"
    __append_only__ = True

    event: Mapped[LedgerEvent] = word(LedgerEvent)
    source_kind: Mapped[SafeText]
    """The document's table."""
    source_id: Mapped[KeyId]
    reverses_id: Mapped[KeyId | None]
    staff_id: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("journal_entry", "reverses_id"),
        tenant_fk("staff_member", "staff_id"),
        UniqueConstraint("org_id", "source_kind", "source_id", "event"),
        # An entry is reversed at most once.
        UniqueConstraint("org_id", "reverses_id"),
    )


class Posting(TokenRow, Base):
    """A signed amount on an account: debit positive, credit negative. Append-only."""

    __tablename__ = "posting"
    __append_only__ = True

    entry_id: Mapped[KeyId]
    line_no: Mapped[SafeSmall]
    legal_entity_id: Mapped[SafeId]
    location_id: Mapped[SafeId]
    business_date: Mapped[Day]
    external_date: Mapped[Day | None]
    account: Mapped[SafeText]
    amount_minor: Mapped[Minor]
    currency: Mapped[Currency]
    invoice_id: Mapped[KeyId | None]
    invoice_line_id: Mapped[KeyId | None]
    client_id: Mapped[KeyId | None]
    gift_card_id: Mapped[KeyId | None]
    contract_id: Mapped[KeyId | None]
    provider_id: Mapped[SafeId | None]
    merchant_account_id: Mapped[SafeId | None]
    programme_id: Mapped[SafeId | None]
    jurisdiction_id: Mapped[SafeId | None]
    other_location_id: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("journal_entry", "entry_id"),
        tenant_fk("legal_entity", "legal_entity_id"),
        tenant_fk("location", "location_id"),
        tenant_fk("invoice", "invoice_id"),
        tenant_fk("invoice_line", "invoice_line_id"),
        tenant_fk("client", "client_id"),
        tenant_fk("gift_card", "gift_card_id"),
        tenant_fk("staff_member", "provider_id"),
        tenant_fk("merchant_account", "merchant_account_id"),
        tenant_fk("tender_programme", "programme_id"),
        tenant_fk("tax_jurisdiction", "jurisdiction_id"),
        tenant_fk("location", "other_location_id"),
        ForeignKeyConstraint(["account"], ["ledger_account.code"]),
        UniqueConstraint("org_id", "entry_id", "line_no"),
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index("ix_posting_day", "org_id", "location_id", "business_date", "account"),
        Index("ix_posting_invoice", "org_id", "invoice_id"),
        Index("ix_posting_client", "org_id", "client_id", "account"),
        Index("ix_posting_gift_card", "org_id", "gift_card_id"),
        Index(
            "ix_posting_contract", "org_id", "contract_id", postgresql_where=text("contract_id is not null")
        ),
        Index("ix_posting_unmatched", "org_id", "location_id", postgresql_where=text("account = '1290'")),
    )
