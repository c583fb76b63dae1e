"""The form of sealed audit blocks: how a row, a block and the chain become bytes. Versioned and fixed.

Changing anything here needs a new FORMAT: blocks sealed under an old one are verified by its rules for ever.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

FORMAT = 1
GENESIS = b"\0" * 32
ENTRY_BYTES = 49
"""One row in a block: 1 byte kind, 16 bytes id, 32 bytes digest."""

KINDS = {"access": b"A", "disclosure": b"D"}
COLUMNS = {
    "access": ("org_id", "at", "id", "epoch", "xid", "written_at", "app_time", "actor_kind", "actor_id",
               "purpose", "origin"),
    "disclosure": ("org_id", "at", "id", "epoch", "xid", "written_at", "access_id", "view", "columns",
                   "client_ids"),
}  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def canonical(value: Any) -> bytes:
    """A type letter, the length, the bytes: no two values share their bytes.

    Times are whole microseconds since 1970, so neither time zone nor date style of a session matters.
    """
    if value is None:
        return _part(b"n", b"")
    if isinstance(value, int):
        return _part(b"i", str(value).encode())
    if isinstance(value, datetime):
        return _part(b"t", str((value - _EPOCH) // timedelta(microseconds=1)).encode())
    if isinstance(value, uuid.UUID):
        return _part(b"u", value.bytes)
    if isinstance(value, str):
        return _part(b"s", value.encode())
    if isinstance(value, bytes):
        return _part(b"b", value)
    return _part(b"l", b"".join(canonical(one) for one in value))


def _part(letter: bytes, content: bytes) -> bytes:
    return letter + len(content).to_bytes(8, "big") + content


def row_digest(table: str, row: Any) -> bytes:
    """SHA-256 of a row of `table` with all of COLUMNS."""
    parts = [canonical(FORMAT), canonical(table), *(canonical(getattr(row, name)) for name in COLUMNS[table])]
    return hashlib.sha256(b"".join(parts)).digest()


def entry(table: str, row: Any) -> bytes:
    row_id: uuid.UUID = row.id
    return KINDS[table] + row_id.bytes + row_digest(table, row)


def split(entries: bytes) -> dict[tuple[str, uuid.UUID], bytes]:
    """(table, row id) → digest, in the order they were sealed."""
    tables = {letter: table for table, letter in KINDS.items()}
    found = {}
    for start in range(0, len(entries), ENTRY_BYTES):
        one = entries[start : start + ENTRY_BYTES]
        found[tables.get(one[:1], "?"), uuid.UUID(bytes=one[1:17])] = one[17:]
    return found


@dataclass(frozen=True)
class Head:
    """What a block's hash covers; what is signed and anchored is that hash."""

    number: int
    epoch: int
    from_xid: int
    to_xid: int
    row_count: int
    entries_sha256: bytes
    previous: bytes
    sealed_at: datetime
    key_id: str
    format: int = FORMAT

    def hash(self) -> bytes:
        parts = ("medspa-audit-block", self.format, self.number, self.epoch, self.from_xid, self.to_xid,
                 self.row_count, self.entries_sha256, self.previous, self.sealed_at, self.key_id)  # fmt: skip
        return hashlib.sha256(b"".join(canonical(part) for part in parts)).digest()


def head_of(block: Any) -> Head:
    """The head that a stored block claims, with the digest of the entries it holds now."""
    return Head(
        number=block.number,
        epoch=block.epoch,
        from_xid=block.from_xid,
        to_xid=block.to_xid,
        row_count=block.row_count,
        entries_sha256=hashlib.sha256(bytes(block.entries)).digest(),
        previous=bytes(block.previous),
        sealed_at=block.sealed_at,
        key_id=block.key_id,
        format=block.format,
    )
