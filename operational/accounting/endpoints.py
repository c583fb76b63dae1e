"""Accounting batches over REST: what was written, and its bytes, the same every time."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Response
from sqlalchemy import select

from medspa.kernel.database import organization_of
from medspa.kernel.vocabulary import Permission, Purpose
from operational.accounting.batches import file_of, files_of
from operational.accounting.schemas import BatchFileShown, BatchShown
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import ExportBatch
from operational.paging import Cursor, Limit, Page, by_id
from operational.privacy.audit import record_disclosure
from operational.routing import AreaRouter

router = AreaRouter(prefix="/v1/accounting/batches", tags=["accounting"])
Accountant = Annotated[Unit, Depends(needs(Permission.EXPORT_ACCOUNTING), scope="function")]
Exporter = Annotated[
    Unit, Depends(needs(Permission.EXPORT_ACCOUNTING, phi=Purpose.OPERATIONS), scope="function")
]


@router.get("", summary="Accounting batches, oldest first")
def list_batches(unit: Accountant, limit: Limit = 50, cursor: Cursor = None) -> Page[BatchShown]:
    unit.actor.require_everywhere(Permission.EXPORT_ACCOUNTING)
    statement = select(ExportBatch).where(ExportBatch.org_id == organization_of(unit.session))
    rows, following = by_id(unit.session, statement, ExportBatch.id, limit, cursor)
    return Page(items=[_shown(unit, row) for row in rows], next_cursor=following)


@router.get(
    "/{batch_id}/files/{format}",
    summary="The bytes of one format of a batch",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def read_file(unit: Exporter, batch_id: uuid.UUID, format: str) -> Response:  # noqa: A002
    unit.actor.require_everywhere(Permission.EXPORT_ACCOUNTING)
    found = file_of(unit.session, batch_id, format)
    record_disclosure(unit.session, unit.actor, "export.accounting", ())
    return Response(
        found.content,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="{found.filename}"',
            "X-Content-SHA256": found.sha256,
        },
    )


def _shown(unit: Unit, batch: ExportBatch) -> BatchShown:
    return BatchShown(
        id=batch.id,
        legal_entity_id=batch.legal_entity_id,
        number=batch.number,
        basis=batch.basis,
        first_date=batch.first_date,
        last_date=batch.last_date,
        content_sha256=batch.content_sha256,
        files=[
            BatchFileShown(format=f.format, filename=f.filename, sha256=f.sha256, bytes=len(f.content))
            for f in files_of(unit.session, batch.id)
        ],
    )
