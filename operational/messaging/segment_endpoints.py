"""Segments over REST: what is published, and who is in it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from medspa.kernel.vocabulary import Permission, Purpose
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.messaging import segments
from operational.messaging.schemas import SegmentMemberShown, SegmentShown
from operational.paging import Limit, Page
from operational.routing import AreaRouter

router = AreaRouter(prefix="/v1/segments", tags=["segments"])


@router.get("", summary="Published segments with their sizes")
def list_segments(
    unit: Annotated[Unit, Depends(needs(Permission.SEGMENT_READ), scope="function")],
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_]{1,59}$")] = None,
) -> Page[SegmentShown]:
    items, following = segments.list_segments(unit.session, unit.actor, cursor, limit)
    return Page(items=items, next_cursor=following)


@router.get("/{code}/members", summary="The clients in a segment, each recorded as disclosed")
def list_members(
    unit: Annotated[
        Unit, Depends(needs(Permission.SEGMENT_MEMBERS, phi=Purpose.OPERATIONS), scope="function")
    ],
    code: str,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(pattern=r"^\d{1,9}$")] = None,
) -> Page[SegmentMemberShown]:
    items, following = segments.list_members(unit.session, unit.actor, code, int(cursor or 0), limit)
    return Page(items=items, next_cursor=None if following is None else str(following))
