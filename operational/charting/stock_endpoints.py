"""Lots over HTTP: receiving, wasting, stock, and who was treated from a lot."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, status
from sqlalchemy import select

from medspa.kernel.vocabulary import Permission, Purpose
from operational.charting import lots, schemas
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import ProductLot
from operational.paging import Cursor, Limit, Page, by_id, decode, encode, page
from operational.privacy.schemas import render_many
from operational.routing import AreaRouter
from operational.rows import get_row

router = AreaRouter(tags=["stock"])
Keeper = Annotated[Unit, Depends(needs(Permission.STOCK_MANAGE), scope="function")]
Reader = Annotated[Unit, Depends(needs(Permission.CHART_READ, phi=Purpose.TREATMENT), scope="function")]


@router.post("/lots", status_code=status.HTTP_201_CREATED)
def receive_lot(sent: schemas.NewLot, unit: Keeper) -> schemas.LotOut:
    """Take stock in. The same lot number again adds to it."""
    return _shown(unit, lots.receive(unit.session, unit.actor, sent))


@router.get("/lots")
def list_lots(
    unit: Annotated[Unit, Depends(needs(Permission.CHART_WRITE), scope="function")],
    location_id: uuid.UUID | None = None,
    product_id: uuid.UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.LotOut]:
    """Lots with their stock; what has expired stays listed."""
    statement = select(ProductLot).where(ProductLot.org_id == unit.actor.org_id)
    if location_id is not None:
        statement = statement.where(ProductLot.location_id == location_id)
    if product_id is not None:
        statement = statement.where(ProductLot.product_id == product_id)
    rows, after = by_id(unit.session, statement, ProductLot.id, limit, cursor)
    return page(lots.stocks(unit.session, rows), after, schemas.LotOut.model_validate)


@router.get("/lots/{lot_id}")
def read_lot(
    lot_id: uuid.UUID, unit: Annotated[Unit, Depends(needs(Permission.CHART_WRITE), scope="function")]
) -> schemas.LotOut:
    return _shown(unit, get_row(unit.session, ProductLot, lot_id))


@router.post("/lots/{lot_id}/waste", status_code=status.HTTP_201_CREATED)
def waste_lot(lot_id: uuid.UUID, sent: schemas.Waste, unit: Keeper) -> schemas.LotOut:
    """Take stock out that nobody was treated with."""
    return _shown(unit, lots.waste(unit.session, unit.actor, lot_id, sent))


@router.get("/lots/{lot_id}/clients")
def recall(
    lot_id: uuid.UUID, unit: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.RecallOut]:
    """Everybody treated from a lot, for a recall; each one is recorded as disclosed."""
    after = decode(cursor) if cursor is not None else None
    rows = lots.recall(unit.session, unit.actor, lot_id, after, limit + 1)
    shown = render_many(unit.session, unit.actor, "chart.recall", schemas.RecallOut, rows[:limit])
    following = encode(rows[limit - 1].treatment_record_id) if len(rows) > limit else None
    return Page(items=shown, next_cursor=following)


def _shown(unit: Unit, lot: ProductLot) -> schemas.LotOut:
    return schemas.LotOut.model_validate(lots.stocks(unit.session, [lot])[0])
