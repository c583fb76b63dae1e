"""Writes one table of a batch: sort, tokenise, guard, Parquet. Bounded memory: a row group at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from medspa.kernel.phi import Phi
from pipelines.contract import TableContract
from pipelines.deidentify.guard import check_rows
from pipelines.deidentify.tokens import Tokeniser, all_equal, id_words
from pipelines.land.lake import BatchRef, Lake
from pipelines.land.manifest import LandedFile

COMPRESSION = "zstd"
LEVEL = 1
"""Most bytes are tokens, which no level compresses."""


def write_table(
    lake: Lake, ref: BatchRef, contract: TableContract, chunks: Iterable[pa.Table], tokeniser: Tokeniser
) -> LandedFile:
    """Land the chunks of one table. Each row group is sorted by organization and time."""
    waiting = iter(chunks)
    first = next(waiting, None)
    if first is None:
        return LandedFile(rows=0)
    name = f"{contract.name}.parquet"
    rows = 0
    with lake.writing(ref, name) as target:
        with pq.ParquetWriter(target, contract.schema, **_options(contract)) as writer:
            for chunk in itertools.chain([first], waiting):
                writer.write_table(prepare(chunk, contract, tokeniser), row_group_size=chunk.num_rows)
                rows += chunk.num_rows
        return LandedFile(rows=rows, path=name, sha256=target.hexdigest(), bytes=target.size)


def write_plain(
    lake: Lake, ref: BatchRef, name: str, schema: pa.Schema, parts: Iterable[pa.Table]
) -> LandedFile:
    """Land what is no operational table (control totals), a part at a time."""
    path = f"{name}.parquet"
    rows = 0
    with lake.writing(ref, path) as target:
        with pq.ParquetWriter(target, schema, compression=COMPRESSION) as writer:
            for part in parts:
                writer.write_table(part)
                rows += part.num_rows
        return LandedFile(rows, path, target.hexdigest(), target.size)


def prepare(chunk: pa.Table, contract: TableContract, tokeniser: Tokeniser) -> pa.Table:
    """Sorted, tokenised and guarded: what may be written. Raises GuardRefused, TokenKeyMissing."""
    check_rows(chunk, contract)
    return tokeniser.tokenise(sort_rows(chunk, contract), contract)


def sort_rows(table: pa.Table, contract: TableContract) -> pa.Table:
    """By organization, then by the table's day or instant; untouched when it is in order already."""
    keys: list[np.ndarray[tuple[int], np.dtype[np.uint64 | np.int64]]] = []
    for name in reversed(contract.sort):
        column = table.column(name).combine_chunks()
        if name == "org_id":
            words = id_words(column)
            if all_equal(words):
                continue
            keys += [words[:, 1].astype(np.uint64), words[:, 0].astype(np.uint64)]
        else:
            keys.append(_numbers(column))
    if not keys or (len(keys) == 1 and bool((keys[0][1:] >= keys[0][:-1]).all())):
        return table
    order = np.argsort(keys[0], kind="stable") if len(keys) == 1 else np.lexsort(keys)
    return table.take(pa.array(order))


def _numbers(column: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    whole = pc.cast(pc.cast(column, pa.int32()) if pa.types.is_date32(column.type) else column, pa.int64())
    numbers: np.ndarray[tuple[int], np.dtype[np.int64]] = pc.fill_null(whole, -1).to_numpy()
    return numbers


def _options(contract: TableContract) -> dict[str, object]:
    """Dictionaries only where values repeat: one over unique tokens is built and thrown away."""
    repeating = [
        column.name
        for column in contract.columns
        if column.tag is not Phi.KEY and column.arrow_type != pa.timestamp("us", tz="UTC")
    ]
    return {"compression": COMPRESSION, "compression_level": LEVEL, "use_dictionary": repeating}
