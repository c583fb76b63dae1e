"""Numbers and keeps accounting batches. What goes into a batch is decided by the exports package.

The legal entity's row is locked while a number is given, so numbers have no gaps and no twins; a day
is in one batch per basis by a unique key.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import DayStatus
from operational.accounting.errors import BatchUnknown, DayAlreadyExported, DayNotClosed
from operational.models import BusinessDay, ExportBatch, ExportBatchDay, ExportFile, LegalEntity, Location


class DayOfBatch(Protocol):
    """A closed day: its location and date."""

    @property
    def location_id(self) -> uuid.UUID: ...
    @property
    def business_date(self) -> dt.date: ...


class FileOfBatch(Protocol):
    """One format's bytes."""

    @property
    def format(self) -> str: ...
    @property
    def filename(self) -> str: ...
    @property
    def content(self) -> bytes: ...
    @property
    def sha256(self) -> str: ...


def lock_legal_entity(session: Session, legal_entity_id: uuid.UUID) -> LegalEntity:
    """Hold the legal entity until the transaction ends. Raises NotFound."""
    found = session.scalar(
        select(LegalEntity)
        .where(LegalEntity.org_id == organization_of(session), LegalEntity.id == legal_entity_id)
        .with_for_update(key_share=True)
    )
    if found is None:
        raise NotFound("No legal entity of this organization has this id.")
    return found


def next_number(session: Session, legal_entity_id: uuid.UUID, basis: str) -> int:
    """The next batch number; the lock it takes keeps it free until the transaction ends."""
    lock_legal_entity(session, legal_entity_id)
    last = session.scalar(
        select(func.max(ExportBatch.number)).where(
            ExportBatch.org_id == organization_of(session),
            ExportBatch.legal_entity_id == legal_entity_id,
            ExportBatch.basis == basis,
        )
    )
    return (last or 0) + 1


def exported_days(session: Session, legal_entity_id: uuid.UUID, basis: str) -> set[tuple[uuid.UUID, dt.date]]:
    """(location, business date) of every day that a batch of this legal entity holds, or that is of a
    history moved in from another system: its books were kept, and exported, there."""
    rows = session.execute(
        select(ExportBatchDay.location_id, ExportBatchDay.business_date)
        .join(
            ExportBatch,
            (ExportBatch.org_id == ExportBatchDay.org_id) & (ExportBatch.id == ExportBatchDay.batch_id),
        )
        .where(
            ExportBatch.org_id == organization_of(session),
            ExportBatch.legal_entity_id == legal_entity_id,
            ExportBatchDay.basis == basis,
        )
    )
    moved_in = session.execute(
        select(BusinessDay.location_id, BusinessDay.business_date)
        .join(Location, (Location.org_id == BusinessDay.org_id) & (Location.id == BusinessDay.location_id))
        .where(
            BusinessDay.org_id == organization_of(session),
            Location.legal_entity_id == legal_entity_id,
            BusinessDay.imported,
        )
    )
    return {(location, day) for location, day in (*rows, *moved_in)}


def keep(
    session: Session,
    *,
    batch_id: uuid.UUID,
    legal_entity_id: uuid.UUID,
    number: int,
    basis: str,
    content_sha256: str,
    days: Sequence[DayOfBatch],
    files: Iterable[FileOfBatch],
) -> None:
    """Keep a batch, its days and its bytes. Raises DayNotClosed or DayAlreadyExported."""
    org_id = organization_of(session)
    for day in days:
        closed = session.scalar(
            select(BusinessDay.id).where(
                BusinessDay.org_id == org_id,
                BusinessDay.location_id == day.location_id,
                BusinessDay.business_date == day.business_date,
                BusinessDay.status == DayStatus.CLOSED,
                BusinessDay.imported.is_(False),
            )
        )
        if closed is None:
            raise DayNotClosed(f"Close {day.business_date} first.", {"location_id": str(day.location_id)})
    session.add(
        ExportBatch(
            org_id=org_id,
            id=batch_id,
            legal_entity_id=legal_entity_id,
            number=number,
            basis=basis,
            first_date=min(day.business_date for day in days),
            last_date=max(day.business_date for day in days),
            content_sha256=content_sha256,
        )
    )
    session.flush()
    for day in days:
        session.add(
            ExportBatchDay(
                org_id=org_id,
                batch_id=batch_id,
                basis=basis,
                location_id=day.location_id,
                business_date=day.business_date,
            )
        )
    for file in files:
        session.add(
            ExportFile(
                org_id=org_id,
                batch_id=batch_id,
                format=file.format,
                filename=file.filename,
                content=file.content,
                sha256=file.sha256,
            )
        )
    try:
        session.flush()
    except IntegrityError as broken:
        raise DayAlreadyExported("Read the earlier batch; a correction goes into the next one.") from broken


def stored(
    session: Session, legal_entity_id: uuid.UUID, basis: str, number: int
) -> tuple[ExportBatch, list[ExportFile]]:
    """A kept batch and its files. Raises BatchUnknown."""
    org_id = organization_of(session)
    batch = session.scalar(
        select(ExportBatch).where(
            ExportBatch.org_id == org_id,
            ExportBatch.legal_entity_id == legal_entity_id,
            ExportBatch.basis == basis,
            ExportBatch.number == number,
        )
    )
    if batch is None:
        raise BatchUnknown
    return batch, files_of(session, batch.id)


def files_of(session: Session, batch_id: uuid.UUID) -> list[ExportFile]:
    """A batch's files by format."""
    return list(
        session.scalars(
            select(ExportFile)
            .where(ExportFile.org_id == organization_of(session), ExportFile.batch_id == batch_id)
            .order_by(ExportFile.format)
        )
    )


def file_of(session: Session, batch_id: uuid.UUID, file_format: str) -> ExportFile:
    """One format of a batch. Raises BatchUnknown."""
    for file in files_of(session, batch_id):
        if file.format == file_format:
            return file
    raise BatchUnknown("No batch of this organization has this id and format.")
