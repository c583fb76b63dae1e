"""Row counts: every raw table holds as many rows per organization as the source's snapshot had."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from data_quality.results import Result

_NIL = uuid.UUID(int=0)


def raw_rows(connection: psycopg.Connection[Any]) -> Iterator[Result]:
    """Compare `raw` with the snapshot's control totals, per table and organization.

    Not a table that moved since the source was counted as a whole: a warehouse that is made again from a
    lake whose newest batches counted the days they touched. Such a batch is not certified by its publication.
    """
    expected: dict[str, dict[uuid.UUID, int]] = {}
    for table, org_id, value in connection.execute(
        "select table_name, org_id, value from meta.control_total where measure = 'rows'"
    ):
        expected.setdefault(table, {})[org_id] = value
    moved = "select table_name from meta.control_total where measure = 'uncounted'"
    uncounted = {table for (table,) in connection.execute(moved)}
    for table in sorted(raw_tables(connection).keys() - uncounted):
        counted = _count(connection, table)
        for org_id in sorted(counted.keys() | expected.get(table, {}).keys()):
            left, right = expected.get(table, {}).get(org_id, 0), counted.get(org_id, 0)
            yield Result(
                tieout="raw_rows",
                org_id=None if org_id == _NIL else org_id,
                location_id=None,
                business_date=None,
                subject=table,
                left_minor=left,
                right_minor=right,
                passed=left == right,
            )


def raw_tables(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """Raw table → its columns but the batch number."""
    tables: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select c.relname::text, a.attname::text from pg_class c"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relnamespace = 'raw'::regnamespace and c.relkind = 'r' and a.attname <> '_batch_id'"
        " order by c.relname, a.attnum"
    ):
        tables.setdefault(table, []).append(column)
    return tables


def _count(connection: psycopg.Connection[Any], table: str) -> dict[uuid.UUID, int]:
    has_org = "org_id" in raw_tables(connection)[table]
    column = sql.SQL("org_id") if has_org else sql.Literal(_NIL)
    query = sql.SQL("select {}, count(*) from raw.{} group by 1").format(column, sql.Identifier(table))
    return {org_id: count for org_id, count in connection.execute(query) if count}
