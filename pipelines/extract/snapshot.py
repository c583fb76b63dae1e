"""One repeatable-read snapshot over every table, shared by several connections, and what it says of itself.

The lock lets one extraction run at a time and dies with the process that holds it.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import psycopg
from psycopg import sql

from medspa.kernel import clock
from pipelines.errors import PipelineBusy
from pipelines.extract.identity import SourceIdentity, read_identity

LOCK_KEY = 0x6D656473_70611
_SNAPSHOT = re.compile(r"^(\d+):(\d+):((\d+,)*\d+)?$")
_REPEATABLE = "set transaction isolation level repeatable read read only"
_VIEWS = """
    select c.relname, array_agg(a.attname::text order by a.attnum)
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'deid'::regnamespace and c.relkind in ('v', 'm', 'r', 'f')
    group by c.relname
"""


@dataclass(frozen=True)
class Watermark:
    """A whole pg_snapshot: which transactions had ended when it was taken."""

    text: str

    def __post_init__(self) -> None:
        if not _SNAPSHOT.match(self.text):
            raise ValueError("not a pg_snapshot")

    @property
    def xmin(self) -> int:
        return int(self.text.split(":")[0])

    @property
    def xmax(self) -> int:
        return int(self.text.split(":")[1])


@dataclass
class SourceSnapshot:
    """An open snapshot of the source. `control` is the connection that exported it."""

    dsn: str
    control: psycopg.Connection[Any]
    watermark: Watermark
    identity: SourceIdentity
    views: dict[str, list[str]]
    taken_at: datetime
    _exported: str
    _readers: list[Any] = field(default_factory=list)

    def reader(self) -> Any:
        """A new columnar (ADBC) connection that sees exactly this snapshot.

        The first has the driver read every type of the database, a tenth of a second; the others share that.
        """
        connection = self._readers[0].adbc_clone() if self._readers else adbc.connect(self.dsn)
        self._readers.append(connection)
        with connection.cursor() as cursor:
            cursor.execute(_REPEATABLE)
            cursor.execute(f"set transaction snapshot '{self._exported}'")
        return connection

    def close(self) -> None:
        for reader in self._readers:
            reader.close()
        self.control.rollback()


@contextlib.contextmanager
def locked_source(dsn: str, wait_seconds: float = 60.0) -> Iterator[psycopg.Connection[Any]]:
    """A connection that holds the extraction lock. Raises PipelineBusy when it cannot be had in time."""
    with psycopg.connect(dsn, autocommit=True, application_name="medspa-extract") as connection:
        deadline = time.monotonic() + wait_seconds
        while not _try_lock(connection):
            if time.monotonic() >= deadline:
                raise PipelineBusy("Another extraction holds the source; try again when it has finished.")
            time.sleep(0.1)
        yield connection


@contextlib.contextmanager
def open_snapshot(dsn: str, control: psycopg.Connection[Any]) -> Iterator[SourceSnapshot]:
    """Take the snapshot on `control` (which must be outside a transaction) and hold it open."""
    control.autocommit = False
    control.execute(_REPEATABLE)
    row = control.execute("select pg_current_snapshot()::text, pg_export_snapshot()").fetchone()
    if row is None:
        raise LookupError("the source gave no snapshot")
    snapshot = SourceSnapshot(
        dsn=dsn,
        control=control,
        watermark=Watermark(row[0]),
        identity=read_identity(control),
        views=dict(control.execute(_VIEWS).fetchall()),
        taken_at=clock.now(),
        _exported=row[1],
    )
    try:
        yield snapshot
    finally:
        snapshot.close()
        control.autocommit = True


def _try_lock(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute(sql.SQL("select pg_try_advisory_lock({})").format(LOCK_KEY)).fetchone()
    return bool(row and row[0])
