"""What the desk keeps about clients: notes, households with who pays, and merges with what they moved.

Nothing here is clinical, and none of it leaves this store.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from operational.models.base import (
    Base,
    Instant,
    KeyId,
    SafeId,
    SafeText,
    SealedText,
    TokenRow,
    Versioned,
    tenant_fk,
)


class ClientNote(TokenRow, Versioned, Base):
    """A note of the desk on a client ("prefers mornings"). Struck out, never changed."""

    __tablename__ = "client_note"
    __audited__ = True
    __extracted__ = False

    client_id: Mapped[KeyId]
    author_id: Mapped[SafeId]
    body: Mapped[SealedText]
    struck_at: Mapped[Instant | None]
    struck_by: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        CheckConstraint("(struck_at is null) = (struck_by is null)", name="struck"),
        Index("ix_client_note_client", "org_id", "client_id"),
    )


class Household(TokenRow, Base):
    """People who come from one home."""

    __tablename__ = "household"
    __extracted__ = False


class HouseholdMember(TokenRow, Base):
    """A client of a household, and the member who pays for them. Removed rows are gone."""

    __tablename__ = "household_member"
    __extracted__ = False

    household_id: Mapped[KeyId]
    client_id: Mapped[KeyId]
    payer_id: Mapped[KeyId | None]
    """Nobody: they pay for themselves."""

    __table_args__ = (
        tenant_fk("household", "household_id"),
        tenant_fk("client", "client_id"),
        tenant_fk("client", "payer_id"),
        UniqueConstraint("org_id", "client_id"),
        CheckConstraint("payer_id <> client_id", name="another"),
        Index("ix_household_member_household", "org_id", "household_id"),
    )


class ClientMerge(TokenRow, Versioned, Base):
    """One record merged into another, until it is undone."""

    __tablename__ = "client_merge"
    __extracted__ = False

    survivor_id: Mapped[KeyId]
    merged_id: Mapped[KeyId]
    merged_at: Mapped[Instant]
    merged_by: Mapped[SafeId]
    fields: Mapped[SealedText]
    """Under the survivor's key: field → [what it was, what the merge made of it]."""
    undone_at: Mapped[Instant | None]
    undone_by: Mapped[SafeId | None]

    __table_args__ = (
        tenant_fk("client", "survivor_id"),
        tenant_fk("client", "merged_id"),
        CheckConstraint("survivor_id <> merged_id", name="two"),
        CheckConstraint("(undone_at is null) = (undone_by is null)", name="undone"),
        Index(
            "uq_client_merge_standing",
            "org_id",
            "merged_id",
            unique=True,
            postgresql_where=text("undone_at is null"),
        ),
        Index("ix_client_merge_survivor", "org_id", "survivor_id"),
    )


class ClientMergeRow(TokenRow, Base):
    """A row that a merge moved to the survivor, or a pair of doubles that it settled."""

    __tablename__ = "client_merge_row"
    __append_only__ = True
    __extracted__ = False

    merge_id: Mapped[KeyId]
    table_name: Mapped[SafeText]
    row_id: Mapped[KeyId]

    __table_args__ = (
        tenant_fk("client_merge", "merge_id"),
        UniqueConstraint("org_id", "merge_id", "table_name", "row_id"),
    )
