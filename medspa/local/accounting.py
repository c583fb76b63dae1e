"""Wires accounting batches: certified postings from the warehouse, numbers and bytes in the operational
store, all in one operational transaction. What the warehouse says is read in certified.py."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from exports.batch import ACCRUAL, Batch, BatchFile, BatchStore, ClosedDay, create_batch
from exports.formats.text import slug
from exports.journal import DAY
from medspa.kernel.database import make_engine, organization_of, session_scope
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.ids import new_id
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Purpose
from medspa.local.certified import CertifiedPostings
from medspa.local.operator import actor
from operational.accounting import batches
from operational.models import LegalEntity
from operational.privacy.audit import open_audit, record_disclosure


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


def export(
    settings: Settings,
    org_id: uuid.UUID,
    legal_entity: LegalEntity,
    through: dt.date,
    basis: str = ACCRUAL,
    detail: str = DAY,
) -> Batch:
    """Write the next batch of a legal entity and basis, as the operator. Raises NothingToExport."""
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
                basis=basis,
                detail=detail,
            )
    finally:
        operational.dispose()
        warehouse.dispose()


def read_again(
    engine: Engine, org_id: uuid.UUID, legal_entity_id: uuid.UUID, number: int, basis: str = ACCRUAL
) -> Batch:
    """A batch that was written, with the bytes it was written with. Raises BatchUnknown."""
    with session_scope(engine, org_id) as session:
        _record(session, org_id)
        batch, files = batches.stored(session, legal_entity_id, basis, number)
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
