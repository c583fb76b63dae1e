"""Reads landed batches back, with tokens turned into row ids again by the test's own key."""

from __future__ import annotations

import uuid
from typing import Any

import pyarrow.parquet as pq
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pipelines.contract import contracts
from pipelines.land.lake import BatchRef, Lake
from pipelines.land.manifest import Manifest


def untoken(key: bytes, token: uuid.UUID) -> uuid.UUID:
    """The row id behind a token."""
    return uuid.UUID(bytes=Cipher(algorithms.AES(key), modes.ECB()).decryptor().update(token.bytes))


def batches(lake: Lake) -> list[tuple[BatchRef, Manifest]]:
    return [(ref, lake.manifest(ref)) for ref in lake.batches()]


def landed_rows(lake: Lake, ref: BatchRef, manifest: Manifest, table: str) -> list[dict[str, Any]]:
    """The rows of one table in one batch, as they lie in the lake."""
    file = manifest.files[table]
    if not file.path:
        return []
    lake.verify(ref, table, file)
    with lake.open(ref, file) as handle:
        rows: list[dict[str, Any]] = pq.read_table(handle).to_pylist()
    assert len(rows) == file.rows
    assert set(rows[0]) == set(contracts()[table].names)
    return rows
