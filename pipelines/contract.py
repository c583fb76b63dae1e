"""What crosses from the operational store, table by table: names, types and tags, generated from the models.

The extraction, the guard, the lake and the raw tables all read this; nothing else says what may pass.
"""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Enum, TypeEngine

import operational.models  # noqa: F401  registers every table
from medspa.kernel.phi import Phi, phi_of
from operational.models.outside import BOOKKEEPING, exported_columns, models

_TYPES: tuple[tuple[type[TypeEngine[Any]], pa.DataType, str], ...] = (
    (Uuid, pa.uuid(), "uuid"),
    (SmallInteger, pa.int16(), "smallint"),
    (BigInteger, pa.int64(), "bigint"),
    (Integer, pa.int32(), "integer"),
    (Boolean, pa.bool_(), "boolean"),
    (DateTime, pa.timestamp("us", tz="UTC"), "timestamptz"),
    (Date, pa.date32(), "date"),
    (ARRAY, pa.list_(pa.string()), "text[]"),
    (Enum, pa.string(), "text"),
    (Text, pa.string(), "text"),
)
"""SQLAlchemy type → Arrow type, warehouse type. SmallInteger and BigInteger are Integers, so they lead."""


@dataclass(frozen=True)
class ColumnContract:
    """One column as it is outside."""

    name: str
    arrow_type: pa.DataType
    warehouse_type: str
    tag: Phi
    nullable: bool

    @property
    def is_token(self) -> bool:
        return self.tag is Phi.KEY


@dataclass(frozen=True)
class TableContract:
    """One table as it is outside. `key` is its primary key; `sort` orders its landed files."""

    name: str
    columns: tuple[ColumnContract, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def has_organization(self) -> bool:
        return "org_id" in self.names

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(column.name, column.arrow_type) for column in self.columns])

    @property
    def sort(self) -> tuple[str, ...]:
        """Organization, then the day or the instant: readers of the lake ask for an organization's days."""
        time = next((name for name in ("business_date", "created_at") if name in self.names), None)
        return tuple(name for name in ("org_id" if self.has_organization else None, time) if name)


@functools.cache
def contracts() -> dict[str, TableContract]:
    """Every extracted table by name, referred tables before the tables that refer to them."""
    return {
        model.__tablename__: _contract(model.__table__)
        for model in models()
        if model.__extracted__ and isinstance(model.__table__, Table)
    }


def schema_hash() -> str:
    """Changes with any name, type, tag or key: incremental batches of different hashes do not mix."""
    described = [
        [
            table.name,
            table.key,
            [[one.name, one.warehouse_type, one.tag.value, one.nullable] for one in table.columns],
        ]
        for table in contracts().values()
    ]
    return hashlib.sha256(json.dumps(described).encode()).hexdigest()


def _contract(table: Table) -> TableContract:
    if not set(table.columns.keys()) >= BOOKKEEPING:
        raise TypeError(f"{table.name} leaves the store but has no changed_xid: capture would miss its rows")
    columns = tuple(
        _column(column, name) for column, _, name in exported_columns(table) if name not in BOOKKEEPING
    )
    if any(column.is_token for column in columns) and "org_id" not in table.columns:
        raise TypeError(f"{table.name} has tokens but no organization whose key makes them")
    return TableContract(str(table.name), columns, tuple(str(column.name) for column in table.primary_key))


def _column(column: Column[Any], name: str) -> ColumnContract:
    tag = phi_of(column)
    for type_, arrow_type, warehouse_type in _TYPES:
        if isinstance(column.type, type_):
            # Generalising may answer NULL for a value it does not understand.
            nullable = bool(column.nullable) or tag is Phi.QUASI
            return ColumnContract(name, arrow_type, warehouse_type, tag, nullable)
    raise TypeError(f"{column.table.name}.{column.name}: {column.type!r} has no type outside")
