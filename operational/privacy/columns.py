"""Which columns of audited tables a statement reads. Made from the models' tags; writes nothing.

Selected columns are known exactly for compiled statements (ORM, Core, RETURNING). A table that is only
filtered by, or read by a textual statement, is found by its name in the SQL.
"""

from __future__ import annotations

import functools
import re
import weakref
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Insert, Table
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler, _CompileLabel
from sqlalchemy.sql.elements import ClauseElement, ColumnClause, TextClause

from medspa.kernel.phi import phi_of
from operational.models import Base

BOOKKEEPING = frozenset({"org_id", "changed_xid", "created_at", "version"})
"""Read with every row and about nobody."""

_by_compiled: weakref.WeakKeyDictionary[Any, frozenset[str]] = weakref.WeakKeyDictionary()


@functools.cache
def audited_columns() -> dict[str, frozenset[str]]:
    """Audited table → its columns that are recorded when read."""
    found: dict[str, frozenset[str]] = {}
    for mapper in Base.registry.mappers:
        table = mapper.local_table
        if mapper.class_.__audited__ and isinstance(table, Table):
            found[table.name] = frozenset(
                c.name for c in table.columns if phi_of(c) and c.name not in BOOKKEEPING
            )
    return found


@functools.cache
def generated_columns() -> frozenset[str]:
    """Names of columns that the database computes from others of the row: they say nothing more."""
    tables = Base.metadata.tables.values()
    return frozenset(
        column.name for table in tables for column in table.columns if column.computed is not None
    )


@functools.cache
def _names() -> re.Pattern[str]:
    return re.compile(r"\b(" + "|".join(sorted(audited_columns(), key=len, reverse=True)) + r")\b")


@functools.lru_cache(maxsize=2048)
def tables_named(sql: str) -> frozenset[str]:
    """Audited tables whose name stands in the SQL text."""
    return frozenset(_names().findall(sql))


def read_by(compiled: Any, sql: str) -> frozenset[str]:
    """Audited columns a statement reads: `table.column`, `table.*`, or `table` when only filtered by."""
    if not isinstance(compiled, SQLCompiler) or isinstance(compiled.statement, TextClause):
        return frozenset(f"{table}.*" for table in tables_named(sql))
    known = _by_compiled.get(compiled)
    if known is None:
        known = _by_compiled[compiled] = frozenset(_compiled_reads(compiled, sql))
    return known


def _compiled_reads(compiled: SQLCompiler, sql: str) -> Iterator[str]:
    named = tables_named(sql)
    if not named or not compiled._result_columns or _returns_only_what_was_sent(compiled):
        return
    chosen, textual = _chosen(compiled)
    for name in sorted(named):
        columns = audited_columns()[name]
        read = columns & chosen.get(name, set())
        if textual or read >= columns - generated_columns():
            yield f"{name}.*"
        elif read:
            yield from (f"{name}.{column}" for column in sorted(read))
        else:
            yield name


def _returns_only_what_was_sent(compiled: SQLCompiler) -> bool:
    statement = compiled.statement
    return (
        isinstance(statement, Insert) and statement.select is None and statement._post_values_clause is None
    )


def _chosen(compiled: SQLCompiler) -> tuple[dict[str, set[str]], bool]:
    """Table → columns among the result's expressions, and whether one of them is text we cannot see into."""
    chosen: dict[str, set[str]] = {}
    textual = False
    for part in _parts(compiled):
        if isinstance(part, TextClause):
            textual = True
        elif isinstance(part, ColumnClause):
            textual = textual or (part.table is None and not isinstance(part, Column))
            for base in part.base_columns:
                table = getattr(base, "table", None)
                if isinstance(table, Table):
                    chosen.setdefault(table.name, set()).add(base.name)
    return chosen, textual


def _parts(compiled: SQLCompiler) -> Iterator[Any]:
    for entry in compiled._result_columns:
        for element in entry.objects or ():
            inner = element.element if isinstance(element, _CompileLabel) else element
            if isinstance(inner, ClauseElement):
                # The star inside count(*) shows no column; one that stands alone shows all.
                yield from (p for p in visitors.iterate(inner) if p is inner or str(p) != "*")
