"""The calendar over HTTP: some days of a location, all that is on them."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Header, Query, Response

from medspa.kernel.vocabulary import Permission, Purpose
from operational.calendar.feed import LONGEST, CalendarDays, days_of, etag_of
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.routing import AreaRouter
from operational.schemas import DateAsked

router = AreaRouter(prefix="/v1", tags=["calendar"])
Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]


@router.get("/calendar", response_model=CalendarDays, responses={304: {"description": "As you have it."}})
def show_calendar(
    unit: Reader,
    location_id: uuid.UUID,
    day: Annotated[DateAsked | None, Query(description="The first day; today there without one.")] = None,
    days: Annotated[int, Query(ge=1, le=LONGEST)] = 1,
    if_none_match: Annotated[str | None, Header(description="The ETag you have.")] = None,
) -> Response:
    """Visits with their items, buffers, holds and shifts of up to seven days, and their columns."""
    found = days_of(unit, location_id, day, days)
    headers = {"ETag": etag_of(found)}
    if if_none_match is not None and headers["ETag"] in [one.strip() for one in if_none_match.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(found.model_dump_json(), media_type="application/json", headers=headers)
