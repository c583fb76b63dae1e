"""Sealing audit rows into signed blocks, as medspa_maintenance. Finding what was changed is verifying.py's.

A block takes every row of the transactions below the oldest one still running, so nothing can be written
into it later. Blocks follow each other without a gap; each carries the hash of the one before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import make_engine, session_scope
from medspa.kernel.settings import Settings
from operational.privacy.anchors import Anchor, AnchorStore, Signer, anchor_store, load_signer
from operational.privacy.blocks import COLUMNS, GENESIS, Head, entry, head_of
from operational.privacy.errors import AuditChainBroken

ROWS_PER_BLOCK = 10_000
"""A block is cut at the first transaction that reaches this many rows (0.5 MB of entries)."""

_LAST = text("select * from audit.block order by number desc limit 1")
_HORIZON = text("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
_FULL_AT = text(
    "select max(xid) as last, count(*) as rows from (select xid from ("
    " select xid from audit.access where epoch = :epoch and xid >= :start and xid < :horizon"
    " union all select xid from audit.disclosure where epoch = :epoch and xid >= :start and xid < :horizon"
    ") trail order by xid limit :limit) block_rows"
)
_STORED = ("number", "format", "epoch", "from_xid", "to_xid", "row_count", "previous", "sealed_at", "key_id")
_INSERT = text(
    f"insert into audit.block ({', '.join(_STORED)}, entries, hash, signature)"  # noqa: S608 - constants
    f" values ({', '.join(':' + name for name in _STORED)}, :entries, :hash, :signature)"
)


@dataclass(frozen=True)
class SealReport:
    """What one run sealed."""

    blocks: int
    rows: int
    last_number: int


def rows_between(session: Session, epoch: int, from_xid: int, to_xid: int) -> list[tuple[str, Row[Any]]]:
    """(table, row) of both tables, in the order blocks keep: transaction, table, id."""
    found: list[tuple[str, Row[Any]]] = []
    for table, columns in COLUMNS.items():
        statement = text(
            f"select {', '.join(columns)} from audit.{table}"  # noqa: S608 - names of our own constants
            " where epoch = :epoch and xid >= :from_xid and xid < :to_xid"
        )
        parameters = {"epoch": epoch, "from_xid": from_xid, "to_xid": to_xid}
        found += [(table, row) for row in session.execute(statement, parameters)]
    found.sort(key=lambda one: (one[1].xid, one[0], one[1].id.bytes))
    return found


def seal(settings: Settings, *, rows_per_block: int = ROWS_PER_BLOCK) -> SealReport:
    """Seal every row that can no longer change, anchor the new heads, and prepare the coming months.

    Safe to run at any time and twice at once. A run that died after its commit is completed by the next:
    blocks that miss their anchor get it.
    """
    signer, anchors = load_signer(settings, create=True), anchor_store(settings)
    engine = make_engine(settings.operational_dsn("maintenance"), application_name="medspa-audit-seal")
    try:
        with session_scope(engine) as session:
            session.execute(text("select audit.ensure_partitions(3), audit.sweep_gate()"))
        with session_scope(engine) as session:
            session.execute(text("select pg_advisory_xact_lock(hashtext('audit.seal'))"))
            report = _seal_rows(session, anchors, signer, rows_per_block)
        with session_scope(engine) as session:
            session.execute(text("select pg_advisory_xact_lock(hashtext('audit.seal'))"))
            _anchor_missing(session, anchors, signer)
        return report
    finally:
        engine.dispose()


def _seal_rows(session: Session, anchors: AnchorStore, signer: Signer, rows_per_block: int) -> SealReport:
    epoch = session.execute(text("select max(id) from audit.epoch")).scalar_one()
    horizon: int = session.execute(_HORIZON).scalar_one()
    last = session.execute(_LAST).one_or_none()
    _require_continuity(anchors, last)
    number = last.number if last else 0
    previous = bytes(last.hash) if last else GENESIS
    start = last.to_xid if last and last.epoch == epoch else 0
    blocks = rows = 0
    for entries, count, end in _cut(session, epoch, start, horizon, rows_per_block):
        number += 1
        digest = hashlib.sha256(entries).digest()
        head = Head(number, epoch, start, end, count, digest, previous, clock.now(), signer.key_id)
        previous = _store(session, signer, head, entries)
        start, blocks, rows = end, blocks + 1, rows + count
    return SealReport(blocks, rows, number)


def _require_continuity(anchors: AnchorStore, last: Any) -> None:
    newest = max(anchors.read(), key=lambda anchor: anchor.number, default=None)
    if newest is None:
        return
    behind = last is None or last.number < newest.number
    if behind or (last.number == newest.number and bytes(last.hash).hex() != newest.hash):
        raise AuditChainBroken("Nothing was sealed. `medspa audit verify` shows what is missing or changed.")


def _cut(
    session: Session, epoch: int, start: int, horizon: int, rows_per_block: int
) -> Iterator[tuple[bytes, int, int]]:
    """(entries, rows, end) of each block: whole transactions, until a block is full or the rows end."""
    while start < horizon:
        bounds = {"epoch": epoch, "start": start, "horizon": horizon, "limit": rows_per_block}
        full = session.execute(_FULL_AT, bounds).one()
        end = full.last + 1 if full.rows == rows_per_block else horizon
        entries = [entry(table, row) for table, row in rows_between(session, epoch, start, end)]
        if entries:
            yield b"".join(entries), len(entries), end
        start = end


def _store(session: Session, signer: Signer, head: Head, entries: bytes) -> bytes:
    block_hash = head.hash()
    values = {name: getattr(head, name) for name in _STORED}
    signature = signer.sign(block_hash)
    session.execute(_INSERT, {**values, "entries": entries, "hash": block_hash, "signature": signature})
    return block_hash


def _anchor_missing(session: Session, anchors: AnchorStore, signer: Signer) -> None:
    """Only what this key signed is anchored: a block that somebody else wrote stays without."""
    anchored = max((anchor.number for anchor in anchors.read()), default=0)
    missing = text("select * from audit.block where number > :anchored order by number")
    for block in session.execute(missing, {"anchored": anchored}):
        block_hash = head_of(block).hash()
        if not signer.signed(block_hash, bytes(block.signature)):
            raise AuditChainBroken(f"Block {block.number} was not signed by the audit key.")
        anchors.append(
            Anchor(
                number=block.number,
                hash=block_hash.hex(),
                signature=bytes(block.signature).hex(),
                key_id=block.key_id,
                row_count=block.row_count,
                sealed_at=block.sealed_at.isoformat(),
            )
        )
