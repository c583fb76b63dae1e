"""Searches everything that left the operational store for what must never leave it. Counts only, no values.

Needles: every value that stands in a column tagged direct, free text or secret, and the words planted.
"""

from __future__ import annotations

import base64
import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
from psycopg import sql
from sqlalchemy import Table

from medspa.kernel.phi import Phi, phi_of
from operational.models import Base

KEPT_IN = frozenset({Phi.DIRECT, Phi.FREE_TEXT, Phi.SECRET})
SHORTEST = 8
"""Shorter texts stand in other words by chance: they are looked for as whole cells."""
LOOPBACK = "127.0.0.1"
_NOT_OURS = ("pg_catalog", "information_schema", "pg_toast")
_HEXADECIMAL = re.compile(r"([0-9a-f]{2}){16,}")
_WORDS = ("text", "character varying", "character", "json", "jsonb", "ARRAY", "bytea", "name", "xml")


@dataclass(frozen=True)
class Place:
    """Somewhere a value could have got to: its text, or its cells."""

    name: str
    text: str = ""
    cells: frozenset[str] = frozenset()


def columns_that_stay() -> list[tuple[Table, str]]:
    """(table, column) of everything that may not leave."""
    return [
        (table, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if phi_of(column) in KEPT_IN
    ]


def harvest(connection: psycopg.Connection[Any]) -> dict[str, set[str]]:
    """`table.column` → its values as text (bytes as hexadecimal), for a role that sees everything."""
    found = {}
    for table, column in columns_that_stay():
        name = f"{table.name}.{column}"
        query = sql.SQL(
            "select distinct case pg_typeof({column})::text when 'bytea' then substr({column}::text, 3)"
            " else {column}::text end from public.{table} where {column} is not null"
        ).format(column=sql.Identifier(column), table=sql.Identifier(table.name))
        found[name] = {row[0] for row in connection.execute(query)} - {LOOPBACK, ""}
    return found


def spellings(value: str) -> Iterator[str]:
    """The ways a value may be written down by a program that did not mean to."""
    yield value.lower()
    yield value.encode().hex()
    yield base64.b64encode(value.encode()).decode().rstrip("=").lower()
    if _HEXADECIMAL.fullmatch(value):
        yield bytes.fromhex(value).decode("latin-1").lower()


def search(values: Collection[str], places: Iterable[Place]) -> Counter[str]:
    """How many of the values were found, by place."""
    long = [spelling for value in values if len(value) >= SHORTEST for spelling in spellings(value)]
    short = {value for value in values if len(value) < SHORTEST}
    hits: Counter[str] = Counter()
    for place in places:
        text = place.text.lower()
        number = sum(spelling in text for spelling in long) + len(short & place.cells)
        if number:
            hits[place.name] = number
    return hits


def dump(connection: psycopg.Connection[Any], label: str) -> Iterator[Place]:
    """Every relation of a database, row by row, for a role that sees everything; functions and names too."""
    relations = connection.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_type in ('BASE TABLE', 'VIEW') and table_schema <> all(%s) order by 1, 2",
        (list(_NOT_OURS),),
    ).fetchall()
    for schema, table in relations:
        name = sql.Identifier(schema, table)
        rows = connection.execute(sql.SQL("select t::text from {} as t").format(name))
        text = "\n".join(row[0] for row in rows)
        yield Place(f"{label} {schema}.{table}", text, frozenset(_cells(connection, schema, table)))
    catalogue = connection.execute(
        "select coalesce(prosrc, '') from pg_proc where pronamespace::regnamespace::text <> all(%s)"
        " union all select coalesce(description, '') from pg_description"
        " union all select coalesce(array_to_string(most_common_vals::text::text[], ' '), '') from pg_stats"
        " where schemaname <> all(%s)",
        (list(_NOT_OURS), list(_NOT_OURS)),
    )
    yield Place(f"{label} catalogue", "\n".join(row[0] for row in catalogue))


def _cells(connection: psycopg.Connection[Any], schema: str, table: str) -> Iterator[str]:
    columns = connection.execute(
        "select column_name from information_schema.columns"
        " where table_schema = %s and table_name = %s and data_type = any(%s)",
        (schema, table, list(_WORDS)),
    ).fetchall()
    for (column,) in columns:
        query = sql.SQL("select distinct {}::text from {} where {} is not null").format(
            sql.Identifier(column), sql.Identifier(schema, table), sql.Identifier(column)
        )
        yield from (row[0] for row in connection.execute(query))


def files(folder: Path, label: str) -> Iterator[Place]:
    """Every file below a folder: its bytes, and the decoded values and metadata of Parquet files."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = f"{label} {path.relative_to(folder)}"
        yield Place(name, path.read_bytes().decode("latin-1"))
        if path.suffix == ".parquet":
            yield _parquet(path, f"{name} decoded")


def _parquet(path: Path, name: str) -> Place:
    table = pq.read_table(path)
    values = itertools.chain.from_iterable(column.to_pylist() for column in table.columns)
    cells = {
        one.hex() if isinstance(one, bytes) else str(one)
        for value in values
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    }
    return Place(name, "\n".join((str(table.schema), *sorted(cells))), frozenset(cells))
