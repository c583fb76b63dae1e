"""The audit trail over HTTP: who read what about whom, for people with the permission audit.read."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from typing import Annotated, ClassVar

from fastapi import Depends, Query

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Permission, Purpose
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.paging import Cursor, Limit, Page
from operational.privacy.audit import read_trail
from operational.privacy.schemas import PhiSchema, render_many
from operational.routing import AreaRouter
from operational.schemas import TimeAsked

router = AreaRouter(prefix="/v1", tags=["audit"])
Auditor = Annotated[Unit, Depends(needs(Permission.AUDIT_READ, phi=Purpose.OPERATIONS), scope="function")]
DEFAULT_SPAN = dt.timedelta(days=30)


class AuditedRead(PhiSchema):
    """One transaction that read protected health information."""

    __client_field__: ClassVar[str | None] = None

    access_id: uuid.UUID
    at: dt.datetime
    """By the database's clock."""
    app_time: dt.datetime
    actor_kind: str
    actor_id: uuid.UUID
    purpose: str
    origin: str
    views: list[str] | None
    """What was shown, as codes."""
    columns: list[str] | None
    """What was read: `table.column`, `table.*`, or a table that was only filtered by."""
    client_ids: list[uuid.UUID] | None
    """Who was shown."""


@router.get("/audit/reads")
def list_reads(
    unit: Auditor,
    since: Annotated[TimeAsked | None, Query(description="Default: 30 days ago.")] = None,
    until: Annotated[TimeAsked | None, Query(description="Default: now.")] = None,
    client_id: Annotated[uuid.UUID | None, Query(description="Only reads that showed this client.")] = None,
    actor_id: Annotated[uuid.UUID | None, Query(description="Only reads by this actor.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AuditedRead]:
    """Reads of the organization, newest first. This request is in the trail as well."""
    end = until or clock.now() + dt.timedelta(days=1)
    rows = read_trail(
        unit.session,
        unit.actor,
        since or end - DEFAULT_SPAN,
        end,
        client_id=client_id,
        actor_id=actor_id,
        limit=limit + 1,
        before=_decode(cursor) if cursor is not None else None,
    )
    shown = render_many(unit.session, unit.actor, "audit.trail", AuditedRead, rows[:limit])
    following = _encode(rows[limit - 1].at, rows[limit - 1].access_id) if len(rows) > limit else None
    return Page(items=shown, next_cursor=following)


def _encode(at: dt.datetime, access_id: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{access_id}".encode()).decode()


def _decode(cursor: str) -> tuple[dt.datetime, uuid.UUID]:
    try:
        at, access_id = base64.urlsafe_b64decode(cursor).decode().split("|")
        found = dt.datetime.fromisoformat(at), uuid.UUID(access_id)
    except (ValueError, binascii.Error):
        found = None
    if found is None or found[0].tzinfo is None:
        raise Invalid("cursor: send the `next_cursor` of the page before, unchanged.")
    return found
