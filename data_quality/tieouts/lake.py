"""The lake, read by DuckDB = the raw tables, read by PostgreSQL: rows and sums per table and organization."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import psycopg

from data_quality.results import Result
from data_quality.tieouts.rows import raw_tables
from medspa.kernel.settings import Settings
from pipelines.land.lake import BatchRef, Lake

_NIL = uuid.UUID(int=0)
_NUMBERS = """
select attname::text from pg_attribute
where attrelid = %s::regclass and attnum > 0 and not attisdropped and attname <> '_batch_id'
    and atttypid in ('bigint'::regtype, 'integer'::regtype, 'smallint'::regtype)
order by attname
"""
_KEYS = """
select attname::text from pg_index
join pg_attribute on attrelid = indrelid and attnum = any(indkey)
where indrelid = %s::regclass and indisprimary order by attname
"""
Sides = dict[uuid.UUID, tuple[int, int]]
"""Organization → rows, sum of every whole-number column."""


def lake_equals_raw(settings: Settings, connection: psycopg.Connection[Any]) -> Iterator[Result]:
    """Compare the newest state in the lake with `raw`. Nothing is compared when nothing was ever loaded."""
    row = connection.execute("select batch_id from meta.watermark").fetchone()
    if row is None:
        return
    lake = Lake(settings.lake)
    files = _files(lake, int(row[0]))
    with duckdb.connect() as duck:
        if not lake.is_local:
            duck.register_filesystem(lake.filesystem)
        for table, columns in sorted(raw_tables(connection).items()):
            numbers = [found for (found,) in connection.execute(_NUMBERS, (f"raw.{table}",))]
            keys = [found for (found,) in connection.execute(_KEYS, (f"raw.{table}",))]
            has_org = "org_id" in columns
            left = _in_lake(duck, files.get(table, []), keys, numbers, has_org=has_org)
            right = _in_raw(connection, table, numbers, has_org=has_org)
            yield from _compared(table, left, right)


def _files(lake: Lake, loaded: int) -> dict[str, list[tuple[int, str]]]:
    """Table → (batch, file) from the last full batch on, up to the batch that was loaded last."""
    files: dict[str, list[tuple[int, str]]] = {}
    for ref in _since_full(lake, loaded):
        for table, file in lake.manifest(ref).files.items():
            if file.path:
                files.setdefault(table, []).append((ref.batch_id, lake.location(ref, file)))
    return files


def _since_full(lake: Lake, loaded: int) -> Sequence[BatchRef]:
    refs = [ref for ref in lake.batches() if ref.batch_id <= loaded]
    fulls = [number for number, ref in enumerate(refs) if lake.manifest(ref).kind == "full"]
    return refs[fulls[-1] :] if fulls else refs


def _in_lake(
    duck: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[int, str]],
    keys: Sequence[str],
    numbers: Sequence[str],
    *,
    has_org: bool,
) -> Sides:
    if not files:
        return {}
    landed = " union all by name ".join(
        f"select *, {batch} as landed_batch from read_parquet('{_quoted(path)}')" for batch, path in files
    )
    org = "org_id::text" if has_org else f"'{_NIL}'"
    rows = duck.sql(
        f"select {org}, count(*), {_sum(numbers)} from (select * from ({landed})"
        f" qualify row_number() over (partition by {', '.join(keys)} order by landed_batch desc) = 1)"
        " group by 1"
    ).fetchall()
    return {uuid.UUID(found): (int(count), int(total)) for found, count, total in rows}


def _in_raw(
    connection: psycopg.Connection[Any], table: str, numbers: Sequence[str], *, has_org: bool
) -> Sides:
    org = "org_id" if has_org else f"'{_NIL}'::uuid"
    query = f"select {org}, count(*), {_sum(numbers)} from raw.{table} group by 1"
    return {
        found: (int(count), int(total)) for found, count, total in connection.execute(query.encode()) if count
    }


def _sum(numbers: Sequence[str]) -> str:
    """The sum over all columns, wide enough that none overflows."""
    return " + ".join(f"coalesce(sum({one}::decimal(38, 0)), 0)" for one in numbers) or "0"


def _quoted(path: str) -> str:
    return path.replace("'", "''")


def _compared(table: str, left: Mapping[uuid.UUID, Any], right: Mapping[uuid.UUID, Any]) -> Iterator[Result]:
    for org_id in sorted(left.keys() | right.keys()):
        for place, what in enumerate(("rows", "sums")):
            sides = [side.get(org_id, (0, 0))[place] for side in (left, right)]
            yield Result(
                tieout="lake_raw",
                org_id=None if org_id == _NIL else org_id,
                location_id=None,
                business_date=None,
                subject=f"{table} {what}",
                left_minor=sides[0],
                right_minor=sides[1],
                passed=sides[0] == sides[1],
            )
