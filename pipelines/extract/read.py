"""Reads one table's rows of a batch as Arrow: all of them, or those the previous snapshot did not show.

A row belongs to a batch when its writer had not ended, as far as the previous snapshot knew, and has
ended for this one. Nothing is missed behind long transactions and nothing comes twice.

A store restored by pg_restore onto another server holds numbers of the old server's transactions, which lie
ahead of its own. The full read that follows a restore has those rows; later batches leave them out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from pipelines.contract import TableContract
from pipelines.extract.snapshot import Watermark

CHUNK_ROWS = 500_000
"""Rows held in memory at once per table: about 150 MB of the widest tables."""


def statement(contract: TableContract, previous: Watermark | None, current: Watermark) -> str:
    """The query of one table."""
    columns = ", ".join(contract.names)
    query = f"select {columns} from deid.{contract.name}"
    if previous is None:
        return query
    return f"{query} where {written_since(previous, current)}"


def written_since(previous: Watermark, current: Watermark) -> str:
    """What is true of a row that a batch reads. The bounds let BRIN skip what is old or foreign; the last
    term is exact."""
    return (
        f"changed_xid >= {previous.xmin} and changed_xid < {current.xmax}"
        f" and not pg_visible_in_snapshot(changed_xid::text::xid8, '{previous.text}'::pg_snapshot)"
    )


def chunks(
    reader: Any, contract: TableContract, previous: Watermark | None, current: Watermark
) -> Iterator[pa.Table]:
    """Tables of at most about CHUNK_ROWS rows, in the order the source gives them."""
    schema = contract.schema
    with reader.cursor() as cursor:
        cursor.execute(statement(contract, previous, current))
        held: list[pa.RecordBatch] = []
        rows = 0
        for batch in cursor.fetch_record_batch():
            held.append(batch)
            rows += batch.num_rows
            if rows >= CHUNK_ROWS:
                yield _table(held, schema)
                held, rows = [], 0
        if rows:
            yield _table(held, schema)


def _table(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """Without the driver's metadata; names and types stay as they came, for the guard to judge."""
    table = pa.Table.from_batches(batches)
    if table.schema.equals(schema):
        return table.replace_schema_metadata(None).cast(schema)
    return table
