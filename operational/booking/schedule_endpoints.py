"""Availability and shifts over HTTP. Neither is about a client."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import Depends, Query, Response, status

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Permission
from operational import paging
from operational.booking import schemas, shifts
from operational.booking.availability import (
    STEP_MINUTES,
    Question,
    Wanted,
    as_cursor,
    availability,
    next_free,
)
from operational.booking.facts import load_facts
from operational.booking.rules import midnight
from operational.booking.schedule_schemas import NewPattern
from operational.booking.schemas import MAX_ITEMS
from operational.etag import IfMatch, set_etag
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from operational.routing import AreaRouter
from operational.schemas import DateAsked

router = AreaRouter()

Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ), scope="function")]
Then = Annotated[
    Sequence[str],
    Query(
        max_length=MAX_ITEMS - 1,
        description="Further services of the same visit, in order: `service` or `service:provider`.",
    ),
]
Manager = Annotated[Unit, Depends(needs(Permission.SCHEDULE_MANAGE), scope="function")]


@router.get("/availability", response_model=Page[schemas.SlotOut])
def get_availability(
    unit: Reader,
    location_id: uuid.UUID,
    service_id: uuid.UUID,
    first: Annotated[DateAsked, Query(alias="from", description="First local day.")],
    last: Annotated[DateAsked, Query(alias="to", description="Last local day, included; at most 31 days.")],
    provider_id: Annotated[uuid.UUID | None, Query(description="Nobody named: anybody eligible.")] = None,
    client_id: Annotated[
        uuid.UUID | None, Query(description="Leaves out times when this client is in another visit.")
    ] = None,
    then: Then = (),
    step_minutes: Literal[5, 10, 15, 30] = STEP_MINUTES,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[schemas.SlotOut]:
    """Starts at which services can be booked, with the providers who are free then."""
    question = Question(
        location_id=location_id,
        service_id=service_id,
        first=first,
        last=last,
        provider_id=provider_id,
        client_id=client_id,
        then=_wanted(then),
        step_minutes=step_minutes,
        limit=limit,
        after=_instant(cursor) if cursor is not None else None,
    )
    slots, more = availability(unit.session, unit.actor, question)
    following = as_cursor(slots[-1]) if more else None
    return Page(items=[schemas.SlotOut.model_validate(one) for one in slots], next_cursor=following)


@router.get("/availability/next", response_model=Page[schemas.SlotOut])
def get_next_free(
    unit: Reader,
    location_id: uuid.UUID,
    service_id: uuid.UUID,
    first: Annotated[DateAsked, Query(alias="from", description="First local day to look at.")],
    provider_id: Annotated[uuid.UUID | None, Query(description="Nobody named: anybody eligible.")] = None,
    client_id: uuid.UUID | None = None,
    then: Then = (),
) -> Page[schemas.SlotOut]:
    """The first free time from a day on, half a year ahead at most; no items when there is none."""
    question = Question(
        location_id, service_id, first, first, provider_id, client_id, then=_wanted(then)
    )  # fmt: skip
    slot = next_free(unit.session, unit.actor, question)
    return Page(items=[] if slot is None else [schemas.SlotOut.model_validate(slot)])


@router.post("/shifts", status_code=status.HTTP_201_CREATED, response_model=schemas.ShiftOut)
def add_shift(request: schemas.NewShift, unit: Manager, response: Response) -> schemas.ShiftOut:
    shift = shifts.add_shift(unit.session, unit.actor, request)
    set_etag(response, shift)
    return schemas.ShiftOut.model_validate(shift)


@router.post("/shift-patterns", status_code=status.HTTP_201_CREATED, response_model=Page[schemas.ShiftOut])
def add_pattern(request: NewPattern, unit: Manager) -> Page[schemas.ShiftOut]:
    """The shifts of the same week again and again, all of them or none."""
    rows = shifts.add_pattern(unit.session, unit.actor, request)
    return Page(items=[schemas.ShiftOut.model_validate(row) for row in rows])


@router.get("/shifts", response_model=Page[schemas.ShiftOut])
def list_shifts(
    unit: Reader,
    location_id: uuid.UUID,
    first: Annotated[DateAsked, Query(alias="from", description="First local day.")],
    last: Annotated[DateAsked, Query(alias="to", description="Last local day, included.")],
    staff_id: uuid.UUID | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[schemas.ShiftOut]:
    """Active shifts of a location on these local days."""
    place = load_facts(unit.session, location_id, ()).place
    rows = shifts.find_shifts(
        unit.session,
        unit.actor,
        location_id,
        midnight(place, first),
        midnight(place, last + timedelta(days=1)),
        staff_id,
        limit + 1,
        paging.decode(cursor) if cursor is not None else None,
    )
    more = paging.encode(rows[limit - 1].id) if len(rows) > limit else None
    return paging.page(rows[:limit], more, schemas.ShiftOut.model_validate)


@router.get("/shifts/{shift_id}", response_model=schemas.ShiftOut)
def get_shift(shift_id: uuid.UUID, unit: Reader, response: Response) -> schemas.ShiftOut:
    shift = shifts.get_shift(unit.session, unit.actor, shift_id)
    set_etag(response, shift)
    return schemas.ShiftOut.model_validate(shift)


@router.delete("/shifts/{shift_id}", response_model=schemas.ShiftOut)
def end_shift(
    shift_id: uuid.UUID, unit: Manager, response: Response, if_match: IfMatch = None
) -> schemas.ShiftOut:
    """Take a shift out of use. Refused while visits are booked in it."""
    shift = shifts.end_shift(unit.session, unit.actor, shift_id, if_match)
    set_etag(response, shift)
    return schemas.ShiftOut.model_validate(shift)


def _wanted(then: Sequence[str]) -> tuple[Wanted, ...]:
    found = []
    for one in then:
        service, _, provider = one.partition(":")
        try:
            found.append(Wanted(uuid.UUID(service), uuid.UUID(provider) if provider else None))
        except ValueError:
            raise Invalid(
                "then: send a service id, or a service id and a provider id with a colon."
            ) from None
    return tuple(found)


def _instant(cursor: str) -> datetime:
    try:
        return datetime.strptime(cursor, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid("cursor: send the `next_cursor` of the page before, unchanged.") from None
