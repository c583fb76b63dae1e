"""Open data: every mart of one organization as Parquet, and one page that says what is in them.

Row-level marts are a pseudonymised limited data set, still health information: who asks is recorded before
a file is written. What may be shown to anybody belongs to the Safe Harbor zone, not here.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA_FILE = "schema.json"
NOTICE = (
    "Pseudonymised limited data set: service dates are kept, the sixteen identifiers are gone. It is still"
    " protected health information; it is not Safe Harbor data."
)


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its name, its type in the warehouse, whether it may be empty."""

    name: str
    type: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class Table:
    """One mart as it is described to readers."""

    name: str
    description: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    metrics: tuple[dict[str, Any], ...] = ()
    """Declarations of the metrics that it carries."""


class MartSource(Protocol):
    """Certified marts of one organization, all of one publication."""

    @property
    def batch_id(self) -> int:
        """The certified batch that they show."""
        ...

    def batches(self, table: Table) -> Iterable[pa.RecordBatch]:
        """The rows of one mart in the order of its key."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """One file that was written."""

    table: str
    path: Path
    rows: int
    sha256: str


def write(source: MartSource, org_id: uuid.UUID, tables: Sequence[Table], folder: Path) -> list[Written]:
    """Write every table and, last, SCHEMA_FILE: a folder without it is unfinished. Replaces earlier files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SCHEMA_FILE).unlink(missing_ok=True)
    written = [_write(source, table, folder / f"{table.name}.parquet") for table in tables]
    by_name = {one.table: one for one in written}
    page = {
        "organization": str(org_id),
        "batch_id": source.batch_id,
        "notice": NOTICE,
        "tables": [
            {**asdict(one), "rows": by_name[one.name].rows, "sha256": by_name[one.name].sha256}
            for one in tables
        ],
    }
    (folder / SCHEMA_FILE).write_text(json.dumps(page, indent=1, default=str) + "\n")
    return written


def _write(source: MartSource, table: Table, path: Path) -> Written:
    rows = 0
    batches = iter(source.batches(table))
    first = next(batches, None)
    if first is None:
        raise LookupError(f"{table.name} gave no columns")
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        for batch in (first, *batches):
            writer.write_batch(batch)
            rows += batch.num_rows
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return Written(table.name, path, rows, digest)
