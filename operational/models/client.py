"""Clients and duplicate flags. Contact consent and charts live elsewhere."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Computed, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, MappedColumn

from medspa.kernel.phi import Phi
from operational.models.base import (
    Base,
    BirthDate,
    ClientKey,
    CodeText,
    DirectText,
    Instant,
    KeyId,
    SafeId,
    SafeText,
    SafeWords,
    TokenRow,
    Versioned,
    ZipCode,
    tagged,
    tenant_fk,
)


def folded(column: str) -> str:
    """SQL of a text without case and accents."""
    return rf"lower(regexp_replace(normalize({column}, NFKD), '[\u0300-\u036f]', '', 'g'))"


def _search_key(expression: str) -> MappedColumn[Any]:
    generated = Computed(expression, persisted=True)
    return tagged(Text(collation="C"), Phi.DIRECT, generated, deferred=True)


class Client(TokenRow, Versioned, Base):
    """A person treated here. `client_key` is the only name they have outside this store."""

    __tablename__ = "client"
    __audited__ = True

    client_key: Mapped[ClientKey]
    first_name: Mapped[DirectText]
    last_name: Mapped[DirectText]
    phone: Mapped[DirectText | None]
    """E.164."""
    email: Mapped[DirectText | None]
    birth_date: Mapped[BirthDate | None]
    street: Mapped[DirectText | None]
    city: Mapped[DirectText | None]
    state: Mapped[SafeText | None]
    zip_code: Mapped[ZipCode | None]
    source: Mapped[CodeText | None]
    """Where the client heard of the practice, as a code."""
    flags: Mapped[SafeWords]
    home_location_id: Mapped[SafeId | None]
    merged_into_id: Mapped[KeyId | None]
    # What searches compare. Generated, because `lower(column)` is not leakproof: under row security an index
    # on the expression is never used. Collation C makes "begins with" a range. Accents do not count.
    last_name_key: Mapped[str] = _search_key(folded("last_name"))
    first_name_key: Mapped[str] = _search_key(folded("first_name"))
    email_key: Mapped[str | None] = _search_key("lower(email)")
    phone_reversed: Mapped[str | None] = _search_key("reverse(phone)")
    """The desk knows the last digits."""

    __table_args__ = (
        tenant_fk("organization", "org_id"),
        tenant_fk("location", "home_location_id"),
        tenant_fk("client", "merged_into_id"),
        UniqueConstraint("org_id", "client_key"),
        CheckConstraint("phone is null or phone ~ '^\\+[1-9][0-9]{6,14}$'", name="phone"),
        Index("ix_client_name", "org_id", "last_name_key", "first_name_key", "id"),
        Index("ix_client_first_name", "org_id", "first_name_key"),
        Index("ix_client_phone", "org_id", "phone"),
        Index("ix_client_phone_reversed", "org_id", "phone_reversed"),
        Index("ix_client_email", "org_id", "email_key"),
        Index(
            "ix_client_merged",
            "org_id",
            "merged_into_id",
            postgresql_where=text("merged_into_id is not null"),
        ),
    )


class ClientDuplicate(TokenRow, Base):
    """Two client records that look like one person, until somebody decides."""

    __tablename__ = "client_duplicate"

    client_id: Mapped[KeyId]
    other_client_id: Mapped[KeyId]
    reason: Mapped[CodeText]
    """`phone`, `email` or `name_birth_date`."""
    resolved_at: Mapped[Instant | None]

    __table_args__ = (
        tenant_fk("client", "client_id"),
        tenant_fk("client", "other_client_id"),
        UniqueConstraint("org_id", "client_id", "other_client_id"),
        CheckConstraint("client_id <> other_client_id", name="two"),
    )
