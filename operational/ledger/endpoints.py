"""Drawers over HTTP: sessions, movements, the blind count. Days are in day_endpoints.py."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated

from fastapi import Depends, Response, status

from medspa.kernel.vocabulary import DrawerStatus, Permission
from operational.checkout.claims import StoredAnswer
from operational.checkout.idempotency import Call, answer, moves_money
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.ledger import day_endpoints, queries, schemas, unmatched_endpoints
from operational.ledger.drawer_count import count_session
from operational.ledger.drawer_movements import record_movement
from operational.ledger.drawers import create_drawer, location_of, open_session
from operational.ledger.errors import DoubledDenomination
from operational.models import Drawer, DrawerMovement, DrawerSession
from operational.paging import DEFAULT_LIMIT, Cursor, Limit, Page, by_id, page
from operational.routing import AreaRouter

router = AreaRouter(prefix="/v1", tags=["ledger"])
router.include_router(day_endpoints.router)
router.include_router(unmatched_endpoints.router)

Manager = Annotated[Unit, Depends(needs(Permission.ORGANIZATION_MANAGE), scope="function")]
Reader = Annotated[Unit, Depends(needs(Permission.DRAWER_OPERATE), scope="function")]
Cash = Annotated[Call, Depends(moves_money(Permission.DRAWER_OPERATE), scope="function")]


@router.post("/locations/{location_id}/drawers", status_code=status.HTTP_201_CREATED)
def add_drawer(location_id: uuid.UUID, body: schemas.NewDrawer, unit: Manager) -> schemas.DrawerOut:
    """A new cash drawer."""
    return schemas.DrawerOut.of(create_drawer(unit.session, unit.actor, location_id, body.name))


@router.get("/locations/{location_id}/drawers")
def list_drawers(
    location_id: uuid.UUID, unit: Reader, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[schemas.DrawerOut]:
    """The drawers of a location, with the virtual ones of online and billing takings."""
    unit.actor.require(Permission.DRAWER_OPERATE, location_id)
    location_of(unit.session, location_id)
    query = queries.drawers(location_id, unit.actor.org_id)
    rows, after = by_id(unit.session, query, Drawer.id, limit, cursor)
    return page(rows, after, schemas.DrawerOut.of)


@router.post(
    "/drawers/{drawer_id}/sessions",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.SessionOut,
)
def open_drawer(drawer_id: uuid.UUID, body: schemas.OpenSession, call: Cash) -> Response:
    """Open a drawer with its float on the open business day."""
    return call.run(
        lambda session: _answer(
            201,
            open_session(session, call.unit.actor, drawer_id, body.opening_float_minor, body.float_source),
        )
    )


@router.get("/drawer-sessions")
def list_sessions(
    unit: Reader,
    location_id: uuid.UUID,
    business_date: date | None = None,
    status: DrawerStatus | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[schemas.SessionOut]:
    """Sessions of a location, oldest first."""
    unit.actor.require(Permission.DRAWER_OPERATE, location_id)
    location_of(unit.session, location_id)
    query = queries.sessions(location_id, unit.actor.org_id, business_date, status)
    rows, after = by_id(unit.session, query, DrawerSession.id, limit, cursor)
    return page(rows, after, schemas.SessionOut.of)


@router.get("/drawer-sessions/{session_id}")
def get_session(session_id: uuid.UUID, unit: Reader) -> schemas.SessionOut:
    """A session. What it should hold is shown once it is counted."""
    row = queries.drawer_session(unit.session, session_id)
    unit.actor.require(Permission.DRAWER_OPERATE, row.location_id)
    return schemas.SessionOut.of(row)


@router.post(
    "/drawer-sessions/{session_id}/movements",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.MovementOut,
)
def move_cash(session_id: uuid.UUID, body: schemas.NewMovement, call: Cash) -> Response:
    """Pay cash in or out, drop it into the safe or a bag, or pay a provider's tips."""
    return call.run(
        lambda session: answer(
            201,
            schemas.MovementOut.of(
                record_movement(
                    session,
                    call.unit.actor,
                    session_id,
                    body.kind,
                    body.amount_minor,
                    body.reason,
                    body.provider_id,
                )
            ),
            queries.drawer_session(session, session_id).location_id,
        )
    )


@router.get("/drawer-sessions/{session_id}/movements")
def list_movements(
    session_id: uuid.UUID, unit: Reader, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[schemas.MovementOut]:
    row = queries.drawer_session(unit.session, session_id)
    unit.actor.require(Permission.DRAWER_OPERATE, row.location_id)
    query = queries.movements(session_id, unit.actor.org_id)
    rows, after = by_id(unit.session, query, DrawerMovement.id, limit, cursor)
    return page(rows, after, schemas.MovementOut.of)


@router.post("/drawer-sessions/{session_id}/count", response_model=schemas.SessionOut)
def count(session_id: uuid.UUID, body: schemas.Count, call: Cash) -> Response:
    """Count blind and close: the answer is the first to tell what was expected."""
    pieces = {one.denomination_minor: one.pieces for one in body.pieces}
    if len(pieces) != len(body.pieces):
        raise DoubledDenomination
    return call.run(
        lambda session: _answer(
            200, count_session(session, call.unit.actor, session_id, pieces, body.float_left_minor)
        )
    )


def _answer(status_code: int, row: DrawerSession) -> StoredAnswer:
    return answer(status_code, schemas.SessionOut.of(row), row.location_id)
