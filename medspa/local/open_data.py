"""Wires open data: marts as the reporting role sees them for one organization, in one snapshot, audited."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa

from exports.open_data import Field, MartSource, Table, Written, write
from medspa.kernel.database import make_engine, session_scope
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Purpose
from medspa.local.operator import actor
from operational.privacy.audit import open_audit, record_disclosure
from pipelines.publish.contracts import load_contracts

_CERTIFIED = "select certified_batch_id from marts.publication_state where certified_batch_id = live_batch_id"


class NotCertified(DomainError):
    status = 409
    code = "data-not-certified"
    title = "What is published is not certified"


class CertifiedMarts(MartSource):
    """One repeatable-read transaction of the reporting role, bound to the organization."""

    def __init__(self, cursor: Any, org_id: uuid.UUID) -> None:
        self._cursor = cursor
        cursor.execute("set transaction isolation level repeatable read read only")
        cursor.execute("select set_config('medspa.org_id', $1, true)", (str(org_id),))
        cursor.fetchall()
        cursor.execute(_CERTIFIED)
        row = cursor.fetchone()
        if row is None:
            raise NotCertified("Run `medspa pipeline run --full`; its checks certify what they find right.")
        self._batch_id = int(row[0])

    @property
    def batch_id(self) -> int:
        return self._batch_id

    def batches(self, table: Table) -> Iterable[pa.RecordBatch]:
        names = ", ".join(field.name for field in table.fields)
        statement = f"select {names} from marts.{table.name} order by {', '.join(table.key)}"  # noqa: S608
        self._cursor.execute(statement)
        return _with_columns(self._cursor.fetch_record_batch())


def tables() -> list[Table]:
    """Every mart with its contract and the metrics declared on it."""
    return [
        Table(
            name=one.name,
            description=one.description,
            key=one.key,
            fields=tuple(Field(c.name, c.data_type, not c.required) for c in one.columns),
            metrics=tuple(one.meta.get("metrics", ())),
        )
        for one in load_contracts().values()
    ]


def export(settings: Settings, org_id: uuid.UUID, folder: Path) -> list[Written]:
    """Write every mart of the organization, as the operator. Raises NotCertified."""
    operational = make_engine(settings.operational_dsn("app"), application_name="medspa-export")
    try:
        with session_scope(operational, org_id) as session:
            operator = actor(org_id, "export")
            open_audit(session, operator, Purpose.OPERATIONS)
            record_disclosure(session, operator, "export.open_data", ())
    finally:
        operational.dispose()
    with adbc.connect(settings.warehouse_dsn("reporting")) as connection, connection.cursor() as cursor:
        return write(CertifiedMarts(cursor, org_id), org_id, tables(), folder)


def _with_columns(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """An empty mart still has columns: one batch of no rows."""
    empty = True
    for batch in reader:
        empty = False
        yield batch
    if empty:
        yield pa.RecordBatch.from_pylist([], schema=reader.schema)
