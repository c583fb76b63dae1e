"""Loads one landed batch: staging, upserts, old images, totals and watermark in one transaction.

Loading a batch again changes nothing. Which batches are due is decided in run.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from medspa.kernel import clock
from pipelines.contract import TableContract, contracts
from pipelines.deidentify.tokens import all_equal, id_words
from pipelines.land.lake import BatchRef, Lake
from pipelines.land.manifest import CONTROLS, LandedFile, Manifest
from pipelines.load import controls, merge
from pipelines.load.controls import ANALYZE_FROM

Report = Callable[[str], None]

ROWS_AT_ONCE = 65_536

_BATCH = (
    "insert into meta.batch (batch_id, kind, reason, lake_generation, snapshot, source, key_generations,"
    " schema_hash, manifest_sha256, extracted_at, loaded_at) select $1, $2, $3, $4, $5, $6::text::jsonb,"
    " $7::text::jsonb, $8, $9, $10::text::timestamptz, $11::text::timestamptz"
)
_BATCH_TABLE = (
    "insert into meta.batch_table (batch_id, table_name, rows_landed, inserted, updated, deleted)"
    " select $1, $2, $3, $4, $5, $6"
)
_WATERMARK = (
    "insert into meta.watermark (batch_id, snapshot, extracted_at, checked_at, loaded_at)"
    " select $1, $2, $3::text::timestamptz, $3::text::timestamptz, $4::text::timestamptz"
    " on conflict (only_one) do update set batch_id = excluded.batch_id, snapshot = excluded.snapshot,"
    " extracted_at = excluded.extracted_at, checked_at = excluded.checked_at, loaded_at = excluded.loaded_at"
)


@dataclass(frozen=True)
class Moved:
    """What one batch did to one raw table."""

    landed: int
    inserted: int
    updated: int
    deleted: int


def load_batch(
    load_dsn: str, lake: Lake, ref: BatchRef, *, report: Report = lambda _: None
) -> dict[str, Moved] | None:
    """Load a batch; None when it was loaded before. Raises LakeDamaged, ControlTotalsDiffer.

    The files are verified against the manifest before the first row is read from them.
    """
    manifest = lake.manifest(ref)
    with adbc.connect(load_dsn) as connection, connection.cursor() as cursor:
        if _count(cursor, f"select count(*) from meta.batch where batch_id = {ref.batch_id}"):
            return None
        moved = {}
        for contract in contracts().values():
            if manifest.kind == "full" or _file(manifest, contract.name).rows:
                moved[contract.name] = _load_table(cursor, lake, ref, contract, manifest)
                report(f"{contract.name} loaded")
        cursor.execute(controls.STAGE)
        landed = _stage(cursor, lake, ref, controls.STAGED, _file(manifest, CONTROLS))
        controls.keep(cursor, ref.batch_id, manifest.totals, landed, tuple(moved))
        _write_meta(cursor, manifest, moved)
        report("committing")
        connection.commit()
    return moved


def _load_table(cursor: Any, lake: Lake, ref: BatchRef, contract: TableContract, manifest: Manifest) -> Moved:
    file = _file(manifest, contract.name)
    empty = not _count(cursor, f"select count(*) from (select from raw.{contract.name} limit 1) t")
    if empty and not file.rows:
        return Moved(0, 0, 0, 0)
    cursor.execute(merge.create_stage(contract))
    landed = _stage(cursor, lake, ref, merge.stage_name(contract), file, contract)
    if empty:
        cursor.execute(merge.insert(contract, ref.batch_id))
        if landed >= ANALYZE_FROM:
            # The build follows at once, before the server would have looked at the table by itself.
            cursor.execute(f"analyze raw.{contract.name}")
        return Moved(landed, landed, 0, 0)
    if landed >= ANALYZE_FROM:
        cursor.execute(f"analyze {merge.stage_name(contract)}")
    updated = _count(cursor, merge.keep_replaced(contract, ref.batch_id))
    full = manifest.kind == "full"
    deleted = _count(cursor, merge.delete_missing(contract, ref.batch_id)) if full else 0
    written = _count(cursor, merge.upsert(contract, ref.batch_id))
    return Moved(landed, written - updated, updated, deleted)


def _stage(
    cursor: Any, lake: Lake, ref: BatchRef, name: str, file: LandedFile, contract: TableContract | None = None
) -> int:
    """Copy one landed file into a temporary table, in columns and a row group at a time.

    A file landed before a column was dropped has more columns than the table: they are left out.
    """
    if not file.path:
        return 0
    lake.verify(ref, name, file)
    with lake.open(ref, file) as handle:
        parquet = pq.ParquetFile(handle)
        names = [one for one in parquet.schema_arrow.names if contract is None or one in contract.names]
        key = contract.key if contract else ()
        groups = (parquet.read_row_group(number, names) for number in range(parquet.num_row_groups))
        batches = (
            batch
            for group in groups
            for batch in _by_key(group.replace_schema_metadata(None), key).to_batches(ROWS_AT_ONCE)
        )
        schema = pa.schema([parquet.schema_arrow.field(one) for one in names])
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        cursor.adbc_ingest(name, reader, mode="append", temporary=True)
    return file.rows


def _by_key(table: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """Rows in the order of the primary key: inserting random tokens in order cost a third less (measured)."""
    if table.num_rows < ANALYZE_FROM or key != ("org_id", "id"):
        return table
    org, row = (id_words(table.column(name).combine_chunks()) for name in key)
    # Half of a token is enough to order by: it is random.
    columns = [row[:, 0]] if all_equal(org) else [row[:, 0], org[:, 1], org[:, 0]]
    return table.take(pa.array(np.lexsort([one.astype(np.uint64) for one in columns])))


def _write_meta(cursor: Any, manifest: Manifest, moved: dict[str, Moved]) -> None:
    loaded_at = clock.now().isoformat()
    cursor.execute(
        _BATCH,
        (
            manifest.batch_id,
            manifest.kind,
            manifest.reason,
            manifest.lake_generation,
            manifest.snapshot,
            json.dumps(manifest.source),
            json.dumps(manifest.key_generations),
            manifest.schema_hash,
            manifest.sha256,
            manifest.extracted_at,
            loaded_at,
        ),
    )
    rows = [
        (manifest.batch_id, name, one.landed, one.inserted, one.updated, one.deleted)
        for name, one in moved.items()
        if one != Moved(0, 0, 0, 0)
    ]
    if rows:
        cursor.executemany(_BATCH_TABLE, rows)
    cursor.execute(_WATERMARK, (manifest.batch_id, manifest.snapshot, manifest.extracted_at, loaded_at))


def _file(manifest: Manifest, name: str) -> LandedFile:
    return manifest.files.get(name, LandedFile(rows=0))


def _count(cursor: Any, query: str) -> int:
    cursor.execute(query)
    return int(cursor.fetchone()[0])
