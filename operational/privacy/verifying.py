"""Checking the audit trail against its blocks, the blocks against each other and against their anchors.

Reads only. Every finding says what and where; what to do about it is for the people who read it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from medspa.kernel.database import make_engine, session_scope
from medspa.kernel.settings import Settings
from operational.privacy.anchors import Anchor, Signer, anchor_store, load_signer
from operational.privacy.blocks import FORMAT, GENESIS, head_of, row_digest, split
from operational.privacy.sealing import rows_between


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was sealed."""

    kind: str
    block: int
    detail: str


@dataclass(frozen=True)
class Verification:
    """What was checked, what was found, and what no block protects yet."""

    blocks: int
    rows: int
    findings: list[Finding]
    unanchored: int
    unsealed_rows: int
    oldest_unsealed: datetime | None

    @property
    def intact(self) -> bool:
        return not self.findings


def verify(settings: Settings) -> Verification:
    """Check everything. Raises AuditKeyUnavailable or AnchorUnreadable when it cannot be checked."""
    signer = load_signer(settings, create=False)
    anchors = {anchor.number: anchor for anchor in anchor_store(settings).read()}
    engine = make_engine(settings.operational_dsn("maintenance"), application_name="medspa-audit-verify")
    try:
        with session_scope(engine) as session:
            session.execute(text("set transaction isolation level repeatable read, read only"))
            return _verify(session, signer, anchors)
    finally:
        engine.dispose()


def _verify(session: Session, signer: Signer, anchors: dict[int, Anchor]) -> Verification:
    findings: list[Finding] = []
    rows, last, numbers = 0, None, set()
    for number in session.scalars(text("select number from audit.block order by number")).all():
        block = session.execute(text("select * from audit.block where number = :n"), {"n": number}).one()
        findings += _block_findings(block, last, signer, anchors.get(number))
        if block.format == FORMAT:
            findings += _row_findings(session, block)
        rows, last = rows + block.row_count, block
        numbers.add(number)
    findings += [
        Finding(
            "block missing",
            number,
            f"anchored at {anchors[number].sealed_at}, {anchors[number].row_count} rows",
        )
        for number in sorted(set(anchors) - numbers)
    ]
    unsealed = _unsealed(session, last)
    return Verification(
        len(numbers), rows, findings, len(numbers - set(anchors)), unsealed.waiting, unsealed.oldest
    )


def _block_findings(block: Row[Any], last: Any, signer: Signer, anchor: Anchor | None) -> Iterator[Finding]:
    head = head_of(block)
    expected = last.number + 1 if last else 1
    if block.number != expected:
        yield Finding("block missing", expected, f"the next stored block is {block.number}")
    elif bytes(block.previous) != (bytes(last.hash) if last else GENESIS):
        yield Finding("chain broken", block.number, "it does not carry the hash of the block before")
    elif block.from_xid != (last.to_xid if last and last.epoch == block.epoch else 0):
        yield Finding("chain broken", block.number, "it does not begin where the block before ends")
    if block.format != FORMAT:
        yield Finding("unknown format", block.number, f"format {block.format}")
    if head.hash() != bytes(block.hash):
        yield Finding("block altered", block.number, "its content does not give its hash")
    if not signer.signed(bytes(block.hash), bytes(block.signature)):
        yield Finding("signature wrong", block.number, "it was not signed by the audit key")
    if anchor is not None and anchor.hash != bytes(block.hash).hex():
        yield Finding("anchor differs", block.number, f"another hash was anchored at {anchor.sealed_at}")


def _row_findings(session: Session, block: Row[Any]) -> Iterator[Finding]:
    sealed = split(bytes(block.entries))
    for table, row in rows_between(session, block.epoch, block.from_xid, block.to_xid):
        digest = sealed.pop((table, row.id), None)
        where = f"audit.{table} {row.id} of {row.at:%Y-%m-%d %H:%M:%S}Z, organization {row.org_id}"
        if digest is None:
            yield Finding("row added", block.number, where)
        elif digest != row_digest(table, row):
            yield Finding("row edited", block.number, where)
    for table, row_id in sealed:
        yield Finding("row deleted", block.number, _missing(table, row_id))


def _missing(table: str, row_id: uuid.UUID) -> str:
    return f"audit.{table} {row_id}"


def _unsealed(session: Session, last: Any) -> Row[Any]:
    statement = text(
        "select count(*) as waiting, min(written_at) as oldest from ("
        " select epoch, xid, written_at from audit.access"
        " union all select epoch, xid, written_at from audit.disclosure) trail"
        " where (epoch, xid) >= (:epoch, :xid)"
    )
    bounds = {"epoch": last.epoch if last else 0, "xid": last.to_xid if last else 0}
    return session.execute(statement, bounds).one()
