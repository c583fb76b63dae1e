"""Wires accounting batches: certified postings from the warehouse, numbers and bytes in the operational
store, all in one operational transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

import pyarrow as pa
from sqlalchemy import Engine, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from exports.batch import ACCRUAL, Batch, BatchFile, BatchStore, ClosedDay, PostingSource, create_batch
from exports.formats.text import slug
from exports.journal import POSTING_SCHEMA
from medspa.kernel.database import make_engine, organization_of, session_scope
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.ids import new_id
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Purpose
from medspa.local.operator import actor
from operational.accounting import batches
from operational.models import LegalEntity
from operational.privacy.audit import open_audit, record_disclosure

_BIND = text("select set_config('medspa.org_id', :org, true)")
_CLOSED = text(
    "select d.location_id, l.code, d.business_date from marts.fct_business_day d"
    " join marts.dim_location l on l.org_id = d.org_id and l.location_id = d.location_id"
    " join marts.publication_state s on s.org_id = d.org_id and s.certified_batch_id = s.live_batch_id"
    " where d.org_id = :org and l.legal_entity_id = :entity and d.status = 'closed'"
    " and d.business_date <= :through order by d.business_date, l.code"
)
_POSTINGS = text(
    "select p.business_date, l.code as location_code, p.account, a.name as account_name,"
    " a.kind as account_kind, p.amount_minor, p.currency from marts.fct_posting p"
    " join marts.dim_location l on l.org_id = p.org_id and l.location_id = p.location_id"
    " join marts.dim_account a on a.org_id = p.org_id and a.account = p.account"
    " where p.org_id = :org and p.legal_entity_id = :entity and p.location_id = any(:locations)"
    " and p.business_date between :first and :last"
).bindparams(bindparam("locations", type_=ARRAY(Uuid)))


class CertifiedPostings(PostingSource):
    """The warehouse as the reporting role sees it for one organization."""

    def __init__(self, engine: Engine, org_id: uuid.UUID) -> None:
        self._engine = engine
        self._org_id = org_id

    def closed_days(self, legal_entity_id: uuid.UUID, through: dt.date) -> list[ClosedDay]:
        with self._engine.connect() as connection, connection.begin():
            connection.execute(_BIND, {"org": str(self._org_id)})
            rows = connection.execute(
                _CLOSED, {"org": self._org_id, "entity": legal_entity_id, "through": through}
            )
            return [ClosedDay(*row) for row in rows]

    def postings(self, legal_entity_id: uuid.UUID, days: Sequence[ClosedDay]) -> pa.Table:
        wanted = {(day.location_code, day.business_date) for day in days}
        with self._engine.connect() as connection, connection.begin():
            connection.execute(_BIND, {"org": str(self._org_id)})
            rows = connection.execute(
                _POSTINGS,
                {
                    "org": self._org_id,
                    "entity": legal_entity_id,
                    "locations": sorted({day.location_id for day in days}),
                    "first": min(day.business_date for day in days),
                    "last": max(day.business_date for day in days),
                },
            ).mappings()
            kept = [dict(row) for row in rows if (row["location_code"], row["business_date"]) in wanted]
        return pa.Table.from_pylist(kept, schema=POSTING_SCHEMA)


class OperationalBatches(BatchStore):
    """The operational store, inside the caller's transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def exported_days(self, legal_entity_id: uuid.UUID, basis: str) -> set[tuple[uuid.UUID, dt.date]]:
        return batches.exported_days(self._session, legal_entity_id, basis)

    def next_number(self, legal_entity_id: uuid.UUID, basis: str) -> int:
        return batches.next_number(self._session, legal_entity_id, basis)

    def store(self, batch: Batch, days: Sequence[ClosedDay]) -> Batch:
        batches.keep(
            self._session,
            batch_id=batch.id,
            legal_entity_id=batch.legal_entity_id,
            number=batch.number,
            basis=batch.basis,
            content_sha256=batch.content_sha256,
            days=days,
            files=batch.files,
        )
        return batch


def legal_entities(engine: Engine, org_id: uuid.UUID) -> list[LegalEntity]:
    """The organization's legal entities by name."""
    with session_scope(engine, org_id) as session:
        return list(
            session.scalars(
                select(LegalEntity)
                .where(LegalEntity.org_id == organization_of(session))
                .order_by(LegalEntity.name)
            )
        )


def choose_entity(known: Sequence[LegalEntity], named: str) -> LegalEntity:
    """The legal entity with this name or id; unnamed: the only one. Raises Invalid or NotFound."""
    if not named and len(known) == 1:
        return known[0]
    if not named:
        raise Invalid(f"Name one with --legal-entity: {', '.join(one.name for one in known)}.")
    for one in known:
        if named in (one.name, str(one.id)):
            return one
    raise NotFound("No legal entity has this name or id.")


def export(settings: Settings, org_id: uuid.UUID, legal_entity: LegalEntity, through: dt.date) -> Batch:
    """Write the next accrual batch of a legal entity, as the operator. Raises NothingToExport."""
    operational = make_engine(settings.operational_dsn("app"), application_name="medspa-export")
    warehouse = make_engine(settings.warehouse_dsn("reporting"), application_name="medspa-export")
    try:
        with session_scope(operational, org_id) as session:
            _record(session, org_id)
            return create_batch(
                CertifiedPostings(warehouse, org_id),
                OperationalBatches(session),
                batch_id=new_id(),
                legal_entity_id=legal_entity.id,
                legal_entity_code=slug(legal_entity.name),
                through=through,
            )
    finally:
        operational.dispose()
        warehouse.dispose()


def read_again(engine: Engine, org_id: uuid.UUID, legal_entity_id: uuid.UUID, number: int) -> Batch:
    """A batch that was written, with the bytes it was written with. Raises BatchUnknown."""
    with session_scope(engine, org_id) as session:
        _record(session, org_id)
        batch, files = batches.stored(session, legal_entity_id, ACCRUAL, number)
        return Batch(
            id=batch.id,
            number=batch.number,
            legal_entity_id=batch.legal_entity_id,
            basis=batch.basis,
            first_date=batch.first_date,
            last_date=batch.last_date,
            content_sha256=batch.content_sha256,
            files=tuple(BatchFile(f.format, f.filename, f.content, f.sha256) for f in files),
        )


def _record(session: Session, org_id: uuid.UUID) -> None:
    """Who exported, in the transaction without which no bytes leave."""
    operator = actor(org_id, "export")
    open_audit(session, operator, Purpose.OPERATIONS)
    record_disclosure(session, operator, "export.accounting", ())
