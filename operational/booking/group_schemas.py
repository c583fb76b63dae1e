"""Requests and answers about several visits at once, the walk-in queue, and visits that must move."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from medspa.kernel.vocabulary import SoftRule, VisitGroupKind, WalkInStatus
from operational.booking.schemas import (
    MAX_ITEMS,
    AppointmentOut,
    MovedItem,
    NewItem,
    Overrides,
    Request,
    SlotOut,
    Time,
)
from operational.privacy.schemas import PhiSchema
from operational.schemas import AsDated, Within

MAX_VISITS = 60


class Instead(Request):
    """Another time for one date of a series, counted from 0."""

    number: int = Field(ge=0, lt=MAX_VISITS)
    starts_at: Time


class NewSeries(Request):
    """One client again: `times` times, every so many days on the wall clock, or at each of `starts`."""

    client_id: uuid.UUID
    location_id: uuid.UUID
    kind: Literal[VisitGroupKind.SERIES, VisitGroupKind.TREATMENT] = VisitGroupKind.SERIES
    items: list[NewItem] = Field(min_length=1, max_length=MAX_ITEMS)
    starts_at: Time | None = None
    every_days: int = Field(7, ge=1, le=365)
    times: int = Field(1, ge=1, le=MAX_VISITS)
    instead: list[Instead] = Field(default_factory=list, max_length=MAX_VISITS)
    starts: list[Annotated[Time, AsDated, Within]] = Field(default_factory=list, max_length=MAX_VISITS)
    book_free: bool = Field(False, description="Book the dates that are free; report the others.")
    overrides: Overrides = ()

    @model_validator(mode="after")
    def _times_once(self) -> NewSeries:
        if bool(self.starts) == (self.starts_at is not None):
            raise ValueError("send starts_at with times and every_days, or starts")
        if any(item.starts_at is not None for item in self.items):
            raise ValueError("items of a series have no starts_at of their own")
        return self


class PartyVisit(Request):
    client_id: uuid.UUID
    starts_at: Time | None = Field(None, description="With the others, unless it says otherwise.")
    items: list[NewItem] = Field(min_length=1, max_length=MAX_ITEMS)


class NewParty(Request):
    """People who come together: a visit each, booked by one of them."""

    location_id: uuid.UUID
    booker_id: uuid.UUID
    starts_at: Time
    visits: list[PartyVisit] = Field(min_length=2, max_length=MAX_ITEMS)
    one_bill: bool = Field(False, description="The booker pays for all.")
    overrides: Overrides = ()


class PartyGuest(Request):
    service_id: uuid.UUID
    provider_id: uuid.UUID | None = None
    client_id: uuid.UUID | None = Field(None, description="Where known: nobody is in two visits at once.")


class PartyTimes(Request):
    """What people who come together come for, and from when on."""

    location_id: uuid.UUID
    since: Time
    guests: list[PartyGuest] = Field(min_length=2, max_length=MAX_ITEMS)


class PartyTimesOut(BaseModel):
    """Starts at which all of them can be served, local and not very close together. Nothing is kept."""

    items: list[datetime]


class ConflictOut(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)

    number: int
    starts_at: datetime
    problem: dict[str, Any]
    alternatives: list[SlotOut]


class GroupOut(PhiSchema):
    """Visits that belong together, in their order."""

    __client_field__ = "booker_id"

    id: uuid.UUID
    kind: VisitGroupKind
    location_id: uuid.UUID
    booker_id: uuid.UUID
    one_bill: bool
    visits: list[AppointmentOut]
    conflicts: list[ConflictOut] = Field(description="Dates that were not booked.")


class NewWalkIn(Request):
    location_id: uuid.UUID
    client_id: uuid.UUID
    service_id: uuid.UUID
    provider_id: uuid.UUID | None = None


class Seat(Request):
    overrides: Overrides = ()


class WalkInOut(PhiSchema):
    """Somebody who waits."""

    id: uuid.UUID
    version: int
    location_id: uuid.UUID
    client_id: uuid.UUID
    service_id: uuid.UUID
    provider_id: uuid.UUID | None
    status: WalkInStatus
    came_at: datetime
    quoted_minutes: int | None = Field(description="The wait they were told; none: nothing is free today.")
    wait_minutes: int | None = Field(description="The wait as it looks now.")
    appointment_id: uuid.UUID | None


class ProposalOut(BaseModel):
    """A time at which a visit could take place instead: send it as a move."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    appointment_id: uuid.UUID
    version: int
    starts_at: datetime
    same_time: bool = Field(description="The same time with somebody else.")
    items: list[ProposedItemOut]


class ProposedItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)

    item_id: uuid.UUID
    provider_id: uuid.UUID
    starts_at: datetime


class AffectedOut(PhiSchema):
    """A visit whose provider, room, device or location is not there, and where it could go."""

    __client_field__ = None

    appointment: AppointmentOut
    proposal: ProposalOut | None


class BulkMove(Request):
    """One visit: where it goes, or that its client must be told."""

    appointment_id: uuid.UUID
    version: Annotated[int, Field(ge=1, le=2_147_483_647)] = Field(ge=1, description="As it was read.")
    items: list[MovedItem] = Field(default_factory=list, max_length=MAX_ITEMS)
    tell: bool = Field(False, description="No time was found: somebody must tell the client.")
    overrides: tuple[SoftRule, ...] = Field((), max_length=10)

    @model_validator(mode="after")
    def _one(self) -> BulkMove:
        if self.tell == bool(self.items):
            raise ValueError("send items to move it, or tell")
        return self


class BulkMoves(Request):
    moves: list[BulkMove] = Field(min_length=1, max_length=200)


class BulkResult(BaseModel):
    """What became of one visit. Each was a transaction of its own."""

    appointment_id: uuid.UUID
    done: bool
    problem: dict[str, Any] | None = None


class BulkResults(BaseModel):
    results: list[BulkResult]


class RebookOut(BaseModel):
    """When a session would be due again, and free times near it, the nearest first."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    number: int
    due_on: date
    slots: list[SlotOut]
