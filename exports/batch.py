"""Accounting batches: which closed days go in, every format's bytes, written once under a number.

Storage and numbering belong to the operational store and come in as a port.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from exports.cash_basis import CASH, on_cash_basis
from exports.formats import FORMATS, PART
from exports.journal import DAY, JournalLine, content_hash, parts, summarise
from medspa.kernel.errors import DomainError

ACCRUAL = "accrual"


class NothingToExport(DomainError):
    status = 404
    code = "nothing-to-export"
    title = "No closed and certified day is waiting to be exported"


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A closed business day of a location."""

    location_id: uuid.UUID
    location_code: str
    business_date: dt.date


@dataclass(frozen=True, slots=True)
class BatchFile:
    """One format of a batch, byte for byte what it was when it was written."""

    format: str
    filename: str
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A numbered batch of one legal entity."""

    id: uuid.UUID
    number: int
    legal_entity_id: uuid.UUID
    basis: str
    first_date: dt.date
    last_date: dt.date
    content_sha256: str
    files: tuple[BatchFile, ...]


class BatchStore(Protocol):
    """The operational store's side: exactly-once numbering and the stored bytes."""

    def exported_days(self, legal_entity_id: uuid.UUID, basis: str) -> set[tuple[uuid.UUID, dt.date]]:
        """(location, business date) of every day already in a batch."""
        ...

    def next_number(self, legal_entity_id: uuid.UUID, basis: str) -> int:
        """The number that the next batch will carry; holds it until the transaction ends."""
        ...

    def store(self, batch: Batch, days: Sequence[ClosedDay]) -> Batch:
        """Keep batch, days and files in one transaction. Raises when a day is open or taken."""
        ...


class PostingSource(Protocol):
    """The warehouse's side: certified marts."""

    def closed_days(self, legal_entity_id: uuid.UUID, through: dt.date) -> list[ClosedDay]:
        """Closed and certified days up to and including `through`, in order."""
        ...

    def postings(self, legal_entity_id: uuid.UUID, days: Sequence[ClosedDay]) -> pa.Table:
        """The postings of those days (exports.journal.POSTING_SCHEMA)."""
        ...

    def accounts(self) -> dict[str, tuple[str, str]]:
        """Account → (name, kind)."""
        ...

    def receipts(self, legal_entity_id: uuid.UUID, days: Sequence[ClosedDay]) -> pa.Table:
        """The postings of those days, and every earlier one of the invoices in them (LEDGER_SCHEMA)."""
        ...


def create_batch(
    source: PostingSource,
    store: BatchStore,
    *,
    batch_id: uuid.UUID,
    legal_entity_id: uuid.UUID,
    legal_entity_code: str,
    through: dt.date,
    basis: str = ACCRUAL,
    detail: str = DAY,
) -> Batch:
    """Write every closed day up to `through` that no earlier batch of the basis holds, in all formats.

    Raises NothingToExport, JournalOutOfBalance, or what the store raises for a day that is taken.
    """
    number = store.next_number(legal_entity_id, basis)
    taken = store.exported_days(legal_entity_id, basis)
    days = [
        day
        for day in source.closed_days(legal_entity_id, through)
        if (day.location_id, day.business_date) not in taken
    ]
    if not days:
        raise NothingToExport("Close the day, run the pipeline, then ask again.")
    if basis == CASH:
        wanted = {(day.location_code, day.business_date) for day in days}
        postings = on_cash_basis(source.receipts(legal_entity_id, days), wanted, source.accounts())
    else:
        postings = source.postings(legal_entity_id, days)
    lines = summarise(postings, detail)
    files = _files(lines, f"{legal_entity_code}-{basis}-{number:05d}", f"{legal_entity_code} batch {number}")
    batch = Batch(
        id=batch_id,
        number=number,
        legal_entity_id=legal_entity_id,
        basis=basis,
        first_date=min(day.business_date for day in days),
        last_date=max(day.business_date for day in days),
        content_sha256=content_hash(lines),
        files=tuple(files),
    )
    return store.store(batch, days)


def _files(lines: Sequence[JournalLine], stem: str, title: str) -> list[BatchFile]:
    files = []
    for name, form in FORMATS.items():
        for number, part in enumerate(parts(lines, form.most_lines), start=1):
            named = name if number == 1 else f"{name}{PART}{number}"
            content = form.render(part, title)
            digest = hashlib.sha256(content).hexdigest()
            files.append(BatchFile(named, f"{stem}-{named}.{form.suffix}", content, digest))
    return files
