"""How services are offered and when time is off, over HTTP. Neither is about a client."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Query, Response, status
from pydantic import Field

from medspa.kernel.vocabulary import Permission, TimeOffStatus
from operational.booking import offering, time_off
from operational.booking.facts import load_facts
from operational.booking.rules import midnight
from operational.booking.schedule_schemas import (
    Decision,
    NewTimeOff,
    PerformerIn,
    PerformerOut,
    PrerequisiteOut,
    PrerequisitesIn,
    RuleIn,
    RuleOut,
    TimeOffMade,
    TimeOffOut,
)
from operational.booking.schemas import Request
from operational.etag import IfMatch, set_etag
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import TimeOff
from operational.paging import Page
from operational.routing import AreaRouter
from operational.schemas import DateAsked

router = AreaRouter()

Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ), scope="function")]
Manager = Annotated[Unit, Depends(needs(Permission.CATALOGUE_MANAGE), scope="function")]
Scheduler = Annotated[Unit, Depends(needs(Permission.SCHEDULE_MANAGE), scope="function")]


class End(Request):
    following: bool = Field(False, description="All later times of its series too.")


@router.get("/services/{service_id}/booking-rule", response_model=RuleOut)
def get_rule(service_id: uuid.UUID, unit: Reader, response: Response) -> RuleOut:
    row = offering.rule_of(unit.session, service_id)
    if row is None:
        return RuleOut(service_id=service_id)
    set_etag(response, row)
    return RuleOut.model_validate(row)


@router.put("/services/{service_id}/booking-rule", response_model=RuleOut)
def set_rule(
    service_id: uuid.UUID, request: RuleIn, unit: Manager, response: Response, if_match: IfMatch = None
) -> RuleOut:
    """Lead time, horizon, interval, ages, and whether clients book it. The first rule needs no ETag."""
    row = offering.set_rule(unit.session, unit.actor, service_id, request, if_match)
    set_etag(response, row)
    return RuleOut.model_validate(row)


@router.get("/services/{service_id}/prerequisites", response_model=Page[PrerequisiteOut])
def get_prerequisites(service_id: uuid.UUID, unit: Reader) -> Page[PrerequisiteOut]:
    rows = offering.prerequisites_of(unit.session, service_id)
    return Page(items=[PrerequisiteOut.model_validate(row) for row in rows])


@router.put("/services/{service_id}/prerequisites", response_model=Page[PrerequisiteOut])
def set_prerequisites(
    service_id: uuid.UUID, request: PrerequisitesIn, unit: Manager
) -> Page[PrerequisiteOut]:
    """What must have been performed before: each of it, instead of what was asked before."""
    rows = offering.set_prerequisites(unit.session, unit.actor, service_id, request.items)
    return Page(items=[PrerequisiteOut.model_validate(row) for row in rows])


@router.get("/services/{service_id}/performers", response_model=Page[PerformerOut])
def list_performers(service_id: uuid.UUID, unit: Reader) -> Page[PerformerOut]:
    """Providers who perform the service in a way of their own; all others in the service's."""
    rows = offering.performers_of(unit.session, service_id)
    return Page(items=[PerformerOut.model_validate(row) for row in rows])


@router.put("/services/{service_id}/performers/{staff_id}", response_model=PerformerOut)
def set_performer(
    service_id: uuid.UUID,
    staff_id: uuid.UUID,
    request: PerformerIn,
    unit: Manager,
    response: Response,
    if_match: IfMatch = None,
) -> PerformerOut:
    """Whether and in which time a provider performs a service, and who comes first."""
    row = offering.set_performer(unit.session, unit.actor, service_id, staff_id, request, if_match)
    set_etag(response, row)
    return PerformerOut.model_validate(row)


@router.post("/time-off", status_code=status.HTTP_201_CREATED, response_model=TimeOffMade)
def add_time_off(request: NewTimeOff, unit: Reader) -> TimeOffMade:
    """Take time off, or ask for it. Refused while visits are booked in it, unless they are kept."""
    rows, affected = time_off.add(unit.session, unit.actor, request)
    return _made(rows, affected)


@router.get("/time-off", response_model=Page[TimeOffOut])
def list_time_off(
    unit: Reader,
    location_id: uuid.UUID,
    first: Annotated[DateAsked, Query(alias="from", description="First local day.")],
    last: Annotated[DateAsked, Query(alias="to", description="Last local day, included.")],
    subject_id: uuid.UUID | None = None,
    status: TimeOffStatus | None = None,
) -> Page[TimeOffOut]:
    """Time off of a location, its rooms and devices, and the providers who work there."""
    place = load_facts(unit.session, location_id, ()).place
    rows = time_off.listed(
        unit.session,
        unit.actor,
        location_id,
        midnight(place, first),
        midnight(place, last + timedelta(days=1)),
        subject_id=subject_id,
        status=status,
    )
    return Page(items=[TimeOffOut.model_validate(row) for row in rows])


@router.get("/time-off/{time_off_id}", response_model=TimeOffMade)
def get_time_off(time_off_id: uuid.UUID, unit: Reader, response: Response) -> TimeOffMade:
    """Time off with the visits that are booked in it."""
    row = time_off.get(unit.session, unit.actor, time_off_id)
    set_etag(response, row)
    return _made([row], time_off.visits_in(unit.session, row))


@router.post("/time-off/{time_off_id}/approve", response_model=TimeOffMade)
def approve_time_off(
    time_off_id: uuid.UUID,
    unit: Scheduler,
    response: Response,
    request: Decision | None = None,
    if_match: IfMatch = None,
) -> TimeOffMade:
    keep = request is not None and request.keep_visits
    row, affected = time_off.approve(unit.session, unit.actor, time_off_id, if_match, keep_visits=keep)
    set_etag(response, row)
    return _made([row], affected)


@router.post("/time-off/{time_off_id}/decline", response_model=TimeOffOut)
def decline_time_off(
    time_off_id: uuid.UUID, unit: Scheduler, response: Response, if_match: IfMatch = None
) -> TimeOffOut:
    row = time_off.decline(unit.session, unit.actor, time_off_id, if_match)
    set_etag(response, row)
    return TimeOffOut.model_validate(row)


@router.post("/time-off/{time_off_id}/end", response_model=TimeOffOut)
def end_time_off(
    time_off_id: uuid.UUID,
    unit: Reader,
    response: Response,
    request: End | None = None,
    if_match: IfMatch = None,
) -> TimeOffOut:
    """Withdraw a request of one's own, or give approved time back to booking."""
    following = request is not None and request.following
    row = time_off.end(unit.session, unit.actor, time_off_id, if_match, following=following)
    set_etag(response, row)
    return TimeOffOut.model_validate(row)


def _made(rows: Sequence[TimeOff], affected: list[uuid.UUID]) -> TimeOffMade:
    return TimeOffMade(items=[TimeOffOut.model_validate(row) for row in rows], affected=affected)
