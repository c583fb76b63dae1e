"""Row ids to tokens: AES-256 of the 16 id bytes under the organization's key, whole columns at a time.

A bijection on single blocks, so ECB on random unique blocks gives away nothing but equality, which joins
need. The way back belongs to the operational store.
"""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from pipelines.contract import TableContract
from pipelines.errors import TokenKeyMissing

TokenKeys = Mapping[uuid.UUID, tuple[int, bytes]]
"""Organization → (generation, 32 key bytes)."""

Words = np.ndarray[tuple[int, int], np.dtype[np.uint64]]
"""Ids as two big-endian words a row."""

WIDTH = 16
KEY_BYTES = 32
_CHECK_BLOCK = hashlib.sha256(b"medspa token key check").digest()[:WIDTH]


class Tokeniser:
    """Holds the organizations' keys for one run. Never printed, pickled or logged."""

    def __init__(self, keys: TokenKeys) -> None:
        if any(len(key) != KEY_BYTES for _, key in keys.values()):
            raise TokenKeyMissing("A token key has the wrong length; 32 bytes are needed.")
        self._keys = dict(keys)

    def __repr__(self) -> str:
        return f"Tokeniser({len(self._keys)} organizations)"

    def generations(self) -> dict[str, int]:
        return {str(org): generation for org, (generation, _) in sorted(self._keys.items())}

    def checks(self) -> dict[str, str]:
        """A fingerprint per key that shows a changed key and tells nothing about it."""
        return {str(org): self._check(org) for org in sorted(self._keys)}

    def tokenise(self, table: pa.Table, contract: TableContract) -> pa.Table:
        """`table` with every token column permuted. Rows must be grouped by organization.

        Raises TokenKeyMissing when rows belong to an organization without a key.
        """
        targets = [column.name for column in contract.columns if column.is_token]
        if not targets or table.num_rows == 0:
            return table
        # Contexts of this call alone: one cannot be used by two threads at once.
        contexts: dict[uuid.UUID, CipherContext] = {}
        runs = [
            (contexts.get(org) or contexts.setdefault(org, self._context(org)), first, last)
            for org, first, last in organization_runs(table.column("org_id").combine_chunks())
        ]
        for name in targets:
            index = table.schema.get_field_index(name)
            array = table.column(index).combine_chunks()
            table = table.set_column(index, table.schema.field(index), _permute(array, runs))
        return table

    def _context(self, org: uuid.UUID) -> CipherContext:
        if org not in self._keys:
            raise TokenKeyMissing(
                f"Organization {org} has rows but no token key was handed over; if it is new, run again."
            )
        return _encryptor(self._keys[org][1])

    def _check(self, org: uuid.UUID) -> str:
        return hashlib.sha256(_encryptor(self._keys[org][1]).update(_CHECK_BLOCK)).hexdigest()[:8]


def _permute(array: pa.ExtensionArray, runs: list[tuple[CipherContext, int, int]]) -> pa.Array:
    storage = array.storage
    validity, data = storage.buffers()
    if storage.offset:
        storage = pa.concat_arrays([storage])
        validity, data = storage.buffers()
    source = memoryview(data).cast("B")
    # OpenSSL may look at one block more than it writes.
    target = bytearray(len(storage) * WIDTH + WIDTH - 1)
    view = memoryview(target)
    for context, first, last in runs:
        start, end = first * WIDTH, last * WIDTH
        context.update_into(source[start:end], view[start : end + WIDTH - 1])
    permuted = pa.Array.from_buffers(
        storage.type, len(storage), [validity, pa.py_buffer(target)], storage.null_count
    )
    return pa.ExtensionArray.from_storage(array.type, permuted)


def organization_runs(array: pa.ExtensionArray) -> Iterator[tuple[uuid.UUID, int, int]]:
    """(organization, first row, row after the last) of each run of equal organizations."""
    words = id_words(array)
    edges = np.flatnonzero(_changes(words).view(np.uint16)) + 1
    bounds = [0, *edges.tolist(), len(words)]
    for first, last in itertools.pairwise(bounds):
        yield uuid.UUID(bytes=words[first].tobytes()), first, last


def id_words(array: pa.ExtensionArray) -> Words:
    """A uuid column as two big-endian words a row, without copying."""
    storage = array.storage
    words = np.frombuffer(storage.buffers()[1], dtype=">u8").reshape(-1, 2)
    return words[storage.offset : storage.offset + len(storage)]


def all_equal(words: Words) -> bool:
    """Whether a column, as id_words gives it, holds one id only."""
    return not _changes(words).any()


def _changes(words: Words) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Two flags a row, from the second one on: which of its words differ from those of the row before.

    Compared as one row of native words: twenty times as fast as row by row in their byte order.
    """
    flat = words.view(np.uint64).reshape(-1)
    changed: np.ndarray[tuple[int], np.dtype[np.bool_]] = flat[2:] != flat[:-2]
    return changed


def _encryptor(key: bytes) -> CipherContext:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  single blocks are the point
