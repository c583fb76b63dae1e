"""Appointments over HTTP. Rules live in the services; availability and shifts in schedule_endpoints.py."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Response, status
from pydantic import BaseModel
from sqlalchemy.orm import Session

from medspa.kernel.database import TenantSession
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import AppointmentStatus, Permission, Purpose
from operational.booking import book as booking
from operational.booking import cancel as cancelling
from operational.booking import (
    duration_endpoints,
    group_endpoints,
    hold_endpoints,
    item_endpoints,
    offering_endpoints,
    queries,
    schedule_endpoints,
    schemas,
)
from operational.booking import move as moving
from operational.booking import visit as visiting
from operational.booking.facts import load_facts
from operational.checkout.claims import StoredAnswer
from operational.checkout.errors import IdempotencyKeyMissing
from operational.checkout.idempotency import Call, answer, moves_money
from operational.etag import IfMatch, check_if_match, set_etag
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from operational.privacy.schemas import render, render_many
from operational.routing import AreaRouter
from operational.schemas import DateAsked

router = AreaRouter(prefix="/v1", tags=["booking"])
router.include_router(schedule_endpoints.router)
router.include_router(hold_endpoints.router)
router.include_router(offering_endpoints.router)
router.include_router(group_endpoints.router)
router.include_router(item_endpoints.router)
router.include_router(duration_endpoints.router)

Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Charging = Annotated[
    Call, Depends(moves_money(Permission.BOOKING_WRITE, purpose=Purpose.OPERATIONS), scope="function")
]
Moving = Annotated[
    Call,
    Depends(
        moves_money(Permission.BOOKING_WRITE, purpose=Purpose.OPERATIONS, sometimes=True), scope="function"
    ),
]
LONGEST_LIST = timedelta(days=62)


@router.post("/appointments", status_code=status.HTTP_201_CREATED, response_model=schemas.AppointmentOut)
def book(request: schemas.NewVisit, unit: Writer, response: Response) -> schemas.AppointmentOut:
    """Book a visit: a new one, a follow-up, or a walk-in. All of its time or none."""
    return _answer(unit, response, booking.book(unit.session, unit.actor, request))


@router.get("/appointments", response_model=Page[schemas.AppointmentOut])
def list_appointments(
    unit: Reader,
    location_id: uuid.UUID,
    first: Annotated[DateAsked, Query(alias="from", description="First local day.")],
    last: Annotated[DateAsked, Query(alias="to", description="Last local day, included.")],
    provider_id: uuid.UUID | None = None,
    client_id: uuid.UUID | None = None,
    status: AppointmentStatus | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[schemas.AppointmentOut]:
    """The calendar of a location: visits that start on these local days, by start."""
    unit.actor.require(Permission.BOOKING_READ, location_id)
    if not timedelta() <= last - first <= LONGEST_LIST:
        raise Invalid(f"from, to: ask for at most {LONGEST_LIST.days} days, the first one first.")
    zone = ZoneInfo(load_facts(unit.session, location_id, ()).place.timezone)
    rows, more = queries.calendar(
        unit.session,
        location_id,
        datetime.combine(first, time(), zone),
        datetime.combine(last + timedelta(days=1), time(), zone),
        provider_id=provider_id,
        client_id=client_id,
        status=status,
        limit=limit,
        cursor=cursor,
    )
    shown = render_many(unit.session, unit.actor, "booking.calendar", schemas.AppointmentOut, rows)
    return Page(items=shown, next_cursor=more)


@router.get("/appointments/{appointment_id}", response_model=schemas.AppointmentOut)
def get_appointment(appointment_id: uuid.UUID, unit: Reader, response: Response) -> schemas.AppointmentOut:
    row = queries.visit(unit.session, appointment_id)
    unit.actor.require(Permission.BOOKING_READ, row.location_id)
    return _answer(unit, response, row)


@router.get("/appointments/{appointment_id}/history", response_model=Page[schemas.HistoryOut])
def get_history(appointment_id: uuid.UUID, unit: Reader) -> Page[schemas.HistoryOut]:
    """What happened to a visit, in order."""
    row = queries.visit(unit.session, appointment_id)
    unit.actor.require(Permission.BOOKING_READ, row.location_id)
    events = queries.history(unit.session, appointment_id)
    return Page(items=[schemas.HistoryOut.model_validate(one) for one in events])


@router.patch("/appointments/{appointment_id}", response_model=schemas.AppointmentOut)
def move(
    appointment_id: uuid.UUID,
    request: schemas.Move,
    call: Moving,
    if_match: IfMatch = None,
) -> Response:
    """Another time, provider, room or device; the old time is released in the same step.

    Asked for by the client inside the notice period, the answer is a new appointment and the old one is
    late cancelled, with its fee: a move `by` the client needs an Idempotency-Key.
    """
    if request.by == "client" and not call.keyed.key:
        raise IdempotencyKeyMissing
    return _charging(
        call, lambda session: moving.move(session, call.unit.actor, appointment_id, request, if_match)
    )


@router.post("/appointments/{appointment_id}/confirm", response_model=schemas.AppointmentOut)
def confirm(
    appointment_id: uuid.UUID, unit: Writer, response: Response, if_match: IfMatch = None
) -> schemas.AppointmentOut:
    _if_asked(unit.session, appointment_id, if_match)
    return _answer(unit, response, visiting.confirm(unit.session, unit.actor, appointment_id))


@router.post("/appointments/{appointment_id}/arrive", response_model=schemas.AppointmentOut)
def arrive(
    appointment_id: uuid.UUID,
    unit: Writer,
    response: Response,
    request: schemas.Gated | None = None,
    if_match: IfMatch = None,
) -> schemas.AppointmentOut:
    """The client is here. Clinical gates may stand in the way; the problem says what to do."""
    _if_asked(unit.session, appointment_id, if_match)
    overrides = request.gate_overrides if request is not None else {}
    return _answer(unit, response, visiting.arrive(unit.session, unit.actor, appointment_id, overrides))


@router.post("/appointments/{appointment_id}/complete", response_model=schemas.AppointmentOut)
def complete(
    appointment_id: uuid.UUID,
    unit: Writer,
    response: Response,
    request: schemas.Complete | None = None,
    if_match: IfMatch = None,
) -> schemas.AppointmentOut:
    """The visit took place. Items that are not named were performed."""
    _if_asked(unit.session, appointment_id, if_match)
    asked = request or schemas.Complete()
    row = visiting.complete(unit.session, unit.actor, appointment_id, asked.items, asked.gate_overrides)
    return _answer(unit, response, row)


@router.post("/appointments/{appointment_id}/not-treated", response_model=schemas.AppointmentOut)
def not_treated(
    appointment_id: uuid.UUID, unit: Writer, response: Response, if_match: IfMatch = None
) -> schemas.AppointmentOut:
    """The client was seen and nothing was performed."""
    _if_asked(unit.session, appointment_id, if_match)
    return _answer(unit, response, visiting.not_treated(unit.session, unit.actor, appointment_id))


@router.post("/appointments/{appointment_id}/left", response_model=schemas.AppointmentOut)
def left(
    appointment_id: uuid.UUID, unit: Writer, response: Response, if_match: IfMatch = None
) -> schemas.AppointmentOut:
    """The client left before anybody treated them."""
    _if_asked(unit.session, appointment_id, if_match)
    return _answer(unit, response, visiting.left(unit.session, unit.actor, appointment_id))


@router.post("/appointments/{appointment_id}/cancel", response_model=schemas.AppointmentOut)
def cancel(
    appointment_id: uuid.UUID,
    request: schemas.Cancel,
    call: Charging,
    if_match: IfMatch = None,
) -> Response:
    """By the client inside the notice period it is late and costs the location's fee."""

    def work(session: Session) -> queries.VisitRow:
        _if_asked(session, appointment_id, if_match)
        return cancelling.cancel(
            session,
            call.unit.actor,
            appointment_id,
            by=request.by,
            reason=request.reason,
            waive_fee=request.waive_fee,
        )

    return _charging(call, work)


@router.post("/appointments/{appointment_id}/no-show", response_model=schemas.AppointmentOut)
def no_show(
    appointment_id: uuid.UUID,
    call: Charging,
    request: schemas.NoShow | None = None,
    if_match: IfMatch = None,
) -> Response:
    """The client did not come. Only after the start; costs the location's fee."""
    waived = request is not None and request.waive_fee

    def work(session: Session) -> queries.VisitRow:
        _if_asked(session, appointment_id, if_match)
        return cancelling.no_show(session, call.unit.actor, appointment_id, waive_fee=waived)

    return _charging(call, work)


@router.post("/appointments/{appointment_id}/restore", response_model=schemas.AppointmentOut)
def restore(
    appointment_id: uuid.UUID,
    unit: Writer,
    response: Response,
    request: schemas.Restore | None = None,
    if_match: IfMatch = None,
) -> schemas.AppointmentOut:
    """Bring a cancelled or missed visit back, if its time is still free."""
    _if_asked(unit.session, appointment_id, if_match)
    asked = request or schemas.Restore()
    return _answer(unit, response, moving.restore(unit.session, unit.actor, appointment_id, asked))


def _answer(unit: Unit, response: Response, row: queries.VisitRow) -> schemas.AppointmentOut:
    set_etag(response, row)
    return render(unit.session, unit.actor, "booking.appointment", schemas.AppointmentOut, row)


class _Kept(BaseModel):
    """What is kept of an answer about an appointment."""

    id: uuid.UUID


def _charging(call: Call, work: Callable[[Session], queries.VisitRow]) -> Response:
    """Once per Idempotency-Key: what may charge a fee."""

    def kept(session: TenantSession) -> StoredAnswer:
        row = work(session)
        return answer(200, _Kept(id=row.id), row.location_id)

    def show(session: TenantSession, done: StoredAnswer) -> Response:
        row = queries.visit(session, _Kept.model_validate_json(done.body).id)
        shown = render(session, call.unit.actor, "booking.appointment", schemas.AppointmentOut, row)
        response = Response(shown.model_dump_json(), done.status, media_type="application/json")
        set_etag(response, row)
        return response

    return call.run_shown(kept, show)


def _if_asked(session: Session, appointment_id: uuid.UUID, if_match: str | None) -> None:
    """A change of state guards itself; who sends If-Match also wants to know of other edits."""
    if if_match is not None:
        check_if_match(queries.locked(session, appointment_id), if_match)
