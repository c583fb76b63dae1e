"""Business days over HTTP: status, preview of the close, the close, what changed afterwards. A closed day
is never opened again."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated

from fastapi import Depends, Response

from medspa.kernel.vocabulary import DayStatus, Permission
from operational.checkout.idempotency import Call, answer, moves_money
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.ledger import queries, schemas
from operational.ledger.close import close_day, preview_close
from operational.ledger.close_figures import frozen_figures, is_intact
from operational.ledger.drawers import location_of
from operational.ledger.post_close import post_close_changes
from operational.models import BusinessDay
from operational.paging import DEFAULT_LIMIT, Cursor, Limit, Page, by_id, page
from operational.routing import AreaRouter

router = AreaRouter()

Closer = Annotated[Unit, Depends(needs(Permission.DAY_CLOSE), scope="function")]
Finance = Annotated[Unit, Depends(needs(Permission.REPORT_FINANCE), scope="function")]
Closing = Annotated[Call, Depends(moves_money(Permission.DAY_CLOSE), scope="function")]


@router.get("/locations/{location_id}/days")
def list_days(
    location_id: uuid.UUID, unit: Closer, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[schemas.DayOut]:
    """The business days of a location in the order in which they began, without figures."""
    unit.actor.require(Permission.DAY_CLOSE, location_id)
    currency = location_of(unit.session, location_id).currency
    query = queries.days(location_id, unit.actor.org_id)
    rows, after = by_id(unit.session, query, BusinessDay.id, limit, cursor)
    return page(
        rows, after, lambda row: schemas.DayOut.of(location_id, row.business_date, currency, row, [], None)
    )


@router.get("/locations/{location_id}/days/{business_date}")
def get_day(location_id: uuid.UUID, business_date: date, unit: Closer) -> schemas.DayOut:
    """A day: open, or closed with its frozen figures."""
    unit.actor.require(Permission.DAY_CLOSE, location_id)
    currency = location_of(unit.session, location_id).currency
    row = queries.day(unit.session, location_id, business_date)
    if row is None or row.status is not DayStatus.CLOSED:
        return schemas.DayOut.of(location_id, business_date, currency, row, [], None)
    figures, intact = frozen_figures(unit.session, row), is_intact(unit.session, row)
    return schemas.DayOut.of(location_id, business_date, currency, row, figures, intact)


@router.get("/locations/{location_id}/days/{business_date}/close")
def preview(location_id: uuid.UUID, business_date: date, unit: Closer) -> schemas.PreviewOut:
    """What would block the close now, what is left to decide, and the figures so far."""
    return schemas.PreviewOut.of(preview_close(unit.session, unit.actor, location_id, business_date))


@router.post("/locations/{location_id}/days/{business_date}/close", response_model=schemas.ClosedOut)
def close(location_id: uuid.UUID, business_date: date, call: Closing) -> Response:
    """Close the day for good. A 409 `day-blocked` lists what must be resolved first."""
    return call.run(
        lambda session: answer(
            200,
            schemas.ClosedOut.closed(
                close_day(session, call.unit.actor, location_id, business_date),
                location_of(session, location_id).currency,
            ),
            location_id,
        )
    )


@router.get("/locations/{location_id}/days/{business_date}/changes")
def changes(location_id: uuid.UUID, business_date: date, unit: Finance) -> Page[schemas.ChangeOut]:
    """Later entries about this day's invoices: collections, and corrections after the close."""
    found = post_close_changes(unit.session, unit.actor, location_id, business_date)
    return page(found, None, schemas.ChangeOut.of)
