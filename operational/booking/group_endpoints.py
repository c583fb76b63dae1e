"""Several visits at once over HTTP: series, parties, rebooking, visits that must move, the walk-in queue."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response, status

from medspa.kernel.vocabulary import Permission, Purpose
from operational.booking import affected as affecting
from operational.booking import groups, rebook, walk_ins
from operational.booking.common_times import Guest, common_times
from operational.booking.errors import NothingMoved
from operational.booking.group_schemas import (
    AffectedOut,
    BulkMoves,
    BulkResult,
    BulkResults,
    GroupOut,
    NewParty,
    NewSeries,
    NewWalkIn,
    PartyTimes,
    PartyTimesOut,
    RebookOut,
    Seat,
    WalkInOut,
)
from operational.etag import IfMatch, set_etag
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.paging import Page
from operational.privacy.schemas import render, render_many
from operational.routing import AreaRouter

router = AreaRouter()

Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]


@router.post("/visit-series", status_code=status.HTTP_201_CREATED, response_model=GroupOut)
def book_series(request: NewSeries, unit: Writer) -> GroupOut:
    """One client again and again, or the sessions of a treatment. All dates, or a problem with the dates that
    are not free and other times for them."""
    return _shown(unit, groups.book_series(unit.session, unit.actor, request))


@router.post("/visit-parties", status_code=status.HTTP_201_CREATED, response_model=GroupOut)
def book_party(request: NewParty, unit: Writer) -> GroupOut:
    """People who come together: a visit each, all booked or none, on one bill or on their own."""
    return _shown(unit, groups.book_party(unit.session, unit.actor, request))


@router.post("/visit-parties/times", response_model=PartyTimesOut)
def find_common_times(request: PartyTimes, unit: Writer) -> PartyTimesOut:
    """A few times of the month after `since` at which all of them can be served at once."""
    guests = [Guest(one.service_id, one.provider_id, one.client_id) for one in request.guests]
    return PartyTimesOut(
        items=common_times(unit.session, unit.actor, request.location_id, guests, request.since)
    )


@router.get("/visit-groups/{visit_group_id}", response_model=GroupOut)
def get_group(visit_group_id: uuid.UUID, unit: Reader) -> GroupOut:
    return _shown(unit, groups.get(unit.session, unit.actor, visit_group_id))


@router.post("/visit-groups/{visit_group_id}/arrive", response_model=GroupOut)
def arrive_together(visit_group_id: uuid.UUID, unit: Writer) -> GroupOut:
    """Everybody of a party is here."""
    return _shown(unit, groups.arrive_together(unit.session, unit.actor, visit_group_id))


@router.get("/appointments/{appointment_id}/rebook", response_model=Page[RebookOut])
def rebook_proposals(
    appointment_id: uuid.UUID,
    unit: Reader,
    sessions: Annotated[int, Query(ge=1, le=12)] = 1,
    every_days: Annotated[
        int | None, Query(ge=1, le=730, description="Where nothing of the visit has a cycle.")
    ] = None,
) -> Page[RebookOut]:
    """When to come again: the cycle of what was done, the same provider, weekday and hour if they are free.

    Book one with `POST /v1/appointments`, a whole series with the `starts` of `POST /v1/visit-series`.
    """
    found = rebook.proposals(
        unit.session, unit.actor, appointment_id, sessions=sessions, every_days=every_days
    )
    return Page(items=[RebookOut.model_validate(one) for one in found])


@router.get("/time-off/{time_off_id}/affected", response_model=Page[AffectedOut])
def list_affected(time_off_id: uuid.UUID, unit: Reader) -> Page[AffectedOut]:
    """The visits in time off, each with where it could go: the same time with another, or the next free."""
    found = affecting.affected(unit.session, unit.actor, time_off_id)
    rows = [{"appointment": row, "proposal": to} for row, to in found]
    return Page(items=render_many(unit.session, unit.actor, "booking.affected", AffectedOut, rows))


@router.post("/appointments/bulk-move", response_model=BulkResults)
def bulk_move(request: BulkMoves, unit: Writer) -> BulkResults:
    """Move many visits, each in a transaction of its own: what cannot be is answered beside what was done.

    A problem when none of them could be moved.
    """
    found = affecting.apply_each(unit, request.moves)
    results = [
        BulkResult(appointment_id=one, done=error is None, problem=error.problem() if error else None)
        for one, error in found.items()
    ]
    if not any(one.done for one in results):
        raise NothingMoved(extra={"results": [one.model_dump(mode="json") for one in results]})
    return BulkResults(results=results)


@router.post("/walk-ins", status_code=status.HTTP_201_CREATED, response_model=WalkInOut)
def come(request: NewWalkIn, unit: Writer, response: Response) -> WalkInOut:
    """Join the queue, with the wait to tell."""
    return _waiting(unit, response, walk_ins.come(unit.session, unit.actor, request))


@router.get("/walk-ins", response_model=Page[WalkInOut])
def list_queue(unit: Reader, location_id: uuid.UUID) -> Page[WalkInOut]:
    """Who waits at a location, in the order they came, with the wait as it looks now."""
    rows = [row_of(one) for one in walk_ins.queue(unit.session, unit.actor, location_id)]
    return Page(items=render_many(unit.session, unit.actor, "booking.queue", WalkInOut, rows))


@router.post("/walk-ins/{walk_in_id}/seat", response_model=WalkInOut)
def seat(
    walk_in_id: uuid.UUID,
    unit: Writer,
    response: Response,
    request: Seat | None = None,
    if_match: IfMatch = None,
) -> WalkInOut:
    """It is their turn: a visit that starts now."""
    overrides = request.overrides if request is not None else ()
    found = walk_ins.seat(unit.session, unit.actor, walk_in_id, overrides, if_match)
    return _waiting(unit, response, found)


@router.post("/walk-ins/{walk_in_id}/leave", response_model=WalkInOut)
def leave(walk_in_id: uuid.UUID, unit: Writer, response: Response, if_match: IfMatch = None) -> WalkInOut:
    """They would not wait any longer."""
    return _waiting(unit, response, walk_ins.leave(unit.session, unit.actor, walk_in_id, if_match))


def row_of(one: walk_ins.Waiting) -> dict[str, object]:
    columns = {name: getattr(one.row, name) for name in WalkInOut.model_fields if name != "wait_minutes"}
    return {**columns, "wait_minutes": one.wait_minutes}


def _waiting(unit: Unit, response: Response, one: walk_ins.Waiting) -> WalkInOut:
    set_etag(response, one.row)
    return render(unit.session, unit.actor, "booking.queue", WalkInOut, row_of(one))


def _shown(unit: Unit, group: groups.Group) -> GroupOut:
    row = {
        **{name: getattr(group.row, name) for name in ("id", "kind", "location_id", "booker_id", "one_bill")},
        "visits": group.visits,
        "conflicts": group.conflicts,
    }
    return render(unit.session, unit.actor, "booking.group", GroupOut, row)
