"""Annotated column types that carry PHI tags, and the bases of every operational table.

A column without a tag fails when the mappers are configured. Tables live in the sibling files;
row security, triggers, grants and views are generated from here by operational.migrations.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Enum,
    FetchedValue,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    event,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, Mapper, mapped_column

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from medspa.kernel.phi import INFO_KEY, Generalise, Phi, phi_of


def tagged(type_: Any, tag: Phi, /, *args: Any, **options: Any) -> MappedColumn[Any]:
    """A column of `type_` with a PHI tag; `options` are mapped_column's."""
    info = {INFO_KEY: tag, **options.pop("info", {})}
    return mapped_column(type_, *args, info=info, **options)


SafeId = Annotated[uuid.UUID, tagged(Uuid, Phi.SAFE)]
"""An id that leaves as it is: organization, location, staff, service, product, resource."""
KeyId = Annotated[uuid.UUID, tagged(Uuid, Phi.KEY)]
"""A row id that leaves as a token."""
ClientKey = Annotated[uuid.UUID, tagged(Uuid, Phi.SAFE)]
"""The random key a client is known by outside; derived from nothing."""
SafeText = Annotated[str, tagged(Text, Phi.SAFE)]
CodeText = Annotated[str, tagged(Text, Phi.SAFE, info={"code": True})]
"""A word of a list, never a sentence: it stands beside a person and leaves; the database checks its form."""
SafeInt = Annotated[int, tagged(Integer, Phi.SAFE)]
SafeSmall = Annotated[int, tagged(SmallInteger, Phi.SAFE)]
SafeBig = Annotated[int, tagged(BigInteger, Phi.SAFE)]
SafeBool = Annotated[bool, tagged(Boolean, Phi.SAFE)]
SafeWords = Annotated[list[str], tagged(ARRAY(Text), Phi.SAFE)]
Minor = Annotated[int, tagged(BigInteger, Phi.SAFE)]
"""Money in minor units of the row's currency."""
Milli = Annotated[int, tagged(BigInteger, Phi.SAFE)]
"""A quantity in thousandths."""
Ppm = Annotated[int, tagged(Integer, Phi.SAFE)]
"""A rate in parts per million."""
Currency = Annotated[str, tagged(Text, Phi.SAFE)]
Instant = Annotated[dt.datetime, tagged(DateTime(timezone=True), Phi.SAFE)]
Day = Annotated[dt.date, tagged(Date, Phi.SAFE)]
DirectText = Annotated[str, tagged(Text, Phi.DIRECT)]
DirectBytes = Annotated[bytes, tagged(LargeBinary, Phi.DIRECT)]
SealedText = Annotated[bytes, tagged(LargeBinary, Phi.FREE_TEXT)]
"""Free text, photos, signatures: AES-GCM bytes under the client's data key."""
StaffLabel = Annotated[str, tagged(Text, Phi.WORKFORCE)]
SecretText = Annotated[str, tagged(Text, Phi.SECRET)]
SecretBytes = Annotated[bytes, tagged(LargeBinary, Phi.SECRET)]
BirthDate = Annotated[dt.date, tagged(Date, Phi.QUASI, info={"generalise": Generalise.BIRTH_MONTH})]
ZipCode = Annotated[str, tagged(Text, Phi.QUASI, info={"generalise": Generalise.ZIP3})]


def word(words: type[enum.StrEnum], **options: Any) -> MappedColumn[Any]:
    """A column of one word of the vocabulary, stored as its text and checked by the database."""
    return tagged(
        Enum(
            words,
            native_enum=False,
            create_constraint=True,
            length=40,
            name="word_" + words.__name__.lower(),
            values_callable=lambda e: [one.value for one in e],
        ),
        Phi.SAFE,
        **options,
    )


class Base(DeclarativeBase):
    """Every operational table.

    `__audited__`: row security also requires an open audit header to read it.
    `__extracted__`: a `deid` view is generated for it. `__append_only__`: the app may not UPDATE or
    DELETE. `__location_scoped__`: row security also applies the session's location scope.
    """

    __audited__: ClassVar[bool] = False
    __extracted__: ClassVar[bool] = True
    __append_only__: ClassVar[bool] = False
    __location_scoped__: ClassVar[bool] = False

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class TenantRow:
    """A row of one organization: `org_id` leads every key. `changed_xid` is set by a trigger."""

    org_id: Mapped[SafeId] = tagged(Uuid, Phi.SAFE, primary_key=True, sort_order=-20)
    changed_xid: Mapped[int | None] = tagged(BigInteger, Phi.SAFE, sort_order=90)
    created_at: Mapped[Instant] = tagged(DateTime(timezone=True), Phi.SAFE, default=clock.now, sort_order=89)


class TokenRow(TenantRow):
    """A tenant row whose id leaves as a token."""

    id: Mapped[KeyId] = tagged(Uuid, Phi.KEY, primary_key=True, default=new_id, sort_order=-10)


class PlainRow(TenantRow):
    """A tenant row whose id leaves as it is (reference data of the organization)."""

    id: Mapped[SafeId] = tagged(Uuid, Phi.SAFE, primary_key=True, default=new_id, sort_order=-10)


class Versioned:
    """An editable row: `version` is its ETag; a trigger grows it with each update."""

    version: Mapped[SafeInt] = tagged(
        Integer,
        Phi.SAFE,
        server_default="1",
        server_onupdate=FetchedValue(),
        sort_order=88,
    )


def tenant_fk(referred: str, *columns: str, **options: Any) -> ForeignKeyConstraint:
    """The composite foreign key (org_id, column) → referred (org_id, id)."""
    (column,) = columns
    target = "org_id" if referred == "organization" else "id"
    if target == "org_id":
        return ForeignKeyConstraint([column], ["organization.org_id"], **options)
    return ForeignKeyConstraint(["org_id", column], [f"{referred}.org_id", f"{referred}.id"], **options)


CODE_PATTERN = "^[a-z0-9][a-z0-9_.,-]{0,99}$"


@event.listens_for(Column, "after_parent_attach")
def _codes_have_their_form(column: Column[Any], parent: object) -> None:
    if isinstance(parent, Table) and column.info.get("code"):
        form = CheckConstraint(f"{column.name} ~ '{CODE_PATTERN}'", name=f"{column.name}_code")
        parent.append_constraint(form)


@event.listens_for(Mapper, "after_configured")
def _every_column_is_classified() -> None:
    for table in Base.metadata.tables.values():
        for column in table.columns:
            phi_of(column)
