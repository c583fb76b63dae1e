"""Requests and answers of booking over HTTP. Answers about a client are rendered under an open audit."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from medspa.kernel.vocabulary import (
    AppointmentEvent,
    AppointmentStatus,
    CancelledBy,
    CancelReason,
    NotPerformedReason,
    SoftRule,
    SubjectKind,
    VisitSource,
)
from operational.privacy.schemas import PhiSchema
from operational.schemas import Sent

MAX_ITEMS = 10
HOLD_MINUTES = 10
LONGEST_HOLD_MINUTES = 30
"""Checked by the database as well."""
Time = Annotated[
    datetime,
    Field(
        description="RFC 3339 with an offset, or the location's wall-clock time without one.",
        examples=["2026-03-02T10:15:00-05:00", "2026-03-02T10:15:00"],
    ),
]
Minutes = Annotated[int, Field(ge=5, le=720)]
Overrides = Annotated[
    tuple[SoftRule, ...],
    Field(max_length=10, description="Soft rules to break; needs `booking.override`."),
]
GateReasons = Annotated[
    Mapping[str, str],
    Field(max_length=20, description="Gate → reason code; needs `gate.override`."),
]


class Request(Sent):
    model_config = ConfigDict(frozen=True)


class NewItem(Request):
    """A service of the visit. Without a time it follows the item before it."""

    service_id: uuid.UUID
    provider_id: uuid.UUID | None = Field(
        None, description="Nobody named: any eligible provider who is free."
    )
    starts_at: Time | None = None
    minutes: Minutes | None = Field(None, description="Hands-on time, where it is not the service's.")
    resource_ids: list[uuid.UUID] = Field(
        default_factory=list,
        max_length=10,
        description="Rooms and devices; any free one where none is named.",
    )


class NewVisit(Request):
    """A visit to book. `walk_in` without a time starts now."""

    client_id: uuid.UUID
    location_id: uuid.UUID
    starts_at: Time | None = None
    items: list[NewItem] = Field(min_length=1, max_length=MAX_ITEMS)
    walk_in: bool = False
    follow_up_of_id: uuid.UUID | None = None
    hold_id: uuid.UUID | None = Field(
        None, description="What kept the time: its claims do not count, its provider and rooms are preferred."
    )
    overrides: Overrides = ()

    @model_validator(mode="after")
    def _has_a_start(self) -> NewVisit:
        if self.starts_at is None and self.items[0].starts_at is None and not self.walk_in:
            raise ValueError("send starts_at, or walk_in")
        return self


class NewHold(Request):
    """Time to keep while somebody chooses. Only free time is kept: a hold overrides nothing."""

    location_id: uuid.UUID
    starts_at: Time
    items: list[NewItem] = Field(min_length=1, max_length=MAX_ITEMS)
    minutes: int = Field(HOLD_MINUTES, ge=1, le=LONGEST_HOLD_MINUTES)


class HeldItem(BaseModel):
    service_id: uuid.UUID
    provider_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    resource_ids: list[uuid.UUID]


class HoldOut(BaseModel):
    """Nobody else gets this time before `expires_at`."""

    id: uuid.UUID
    location_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    items: list[HeldItem]


class MovedItem(Request):
    """What changes about one item. What is left out stays."""

    item_id: uuid.UUID
    provider_id: uuid.UUID | None = None
    starts_at: Time | None = None
    minutes: Minutes | None = Field(None, description="Hands-on time: longer or shorter than it was.")
    resource_ids: list[uuid.UUID] | None = Field(None, max_length=10)


class Move(Request):
    """Another time, provider, room or device. `starts_at` shifts the whole visit.

    A move that the client asks for inside the notice period is a late cancellation of the old time.
    """

    starts_at: Time | None = None
    items: list[MovedItem] = Field(default_factory=list, max_length=MAX_ITEMS)
    by: Literal["client", "practice"] = "practice"
    reason: CancelReason | None = None
    overrides: Overrides = ()
    waive_fee: bool = Field(False, description="Needs `booking.override`.")


class Cancel(Request):
    by: Literal["client", "practice"]
    reason: CancelReason | None = None
    waive_fee: bool = Field(False, description="Needs `booking.override`.")


class NoShow(Request):
    waive_fee: bool = Field(False, description="Needs `booking.override`.")


class Restore(Request):
    overrides: Overrides = ()


class AddItems(Request):
    """Further services, after those there are unless they say when."""

    items: list[NewItem] = Field(min_length=1, max_length=MAX_ITEMS)
    overrides: Overrides = ()


class Gated(Request):
    gate_overrides: GateReasons = Field(default_factory=dict)


class PerformedItem(Request):
    item_id: uuid.UUID
    performed: bool
    reason: NotPerformedReason | None = None

    @model_validator(mode="after")
    def _reason_when_not(self) -> PerformedItem:
        if self.performed == (self.reason is not None):
            raise ValueError("send a reason exactly when the item was not performed")
        return self


class Complete(Gated):
    """Items that are not named were performed."""

    items: list[PerformedItem] = Field(default_factory=list, max_length=MAX_ITEMS)


class ResourceOut(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)

    resource_id: uuid.UUID
    kind: SubjectKind


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: uuid.UUID
    position: int
    service_id: uuid.UUID
    provider_id: uuid.UUID
    starts_at: datetime
    provider_ends_at: datetime
    ends_at: datetime
    performed: bool
    not_performed_reason: str | None
    resources: list[ResourceOut]


class AppointmentOut(PhiSchema):
    """A visit. Times carry the location's offset."""

    id: uuid.UUID
    version: int
    client_id: uuid.UUID
    location_id: uuid.UUID
    timezone: str
    starts_at: datetime
    ends_at: datetime
    business_date: date
    status: AppointmentStatus
    source: VisitSource
    booked_at: datetime
    arrived_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    cancelled_by: CancelledBy | None
    follow_up_of_id: uuid.UUID | None
    rescheduled_from_id: uuid.UUID | None
    group_id: uuid.UUID | None = Field(description="The series or party it belongs to.")
    late_minutes: int = Field(description="By how much the visit is delayed by the one before it, now.")
    items: list[ItemOut]


class ItemState(BaseModel):
    """A service of a visit as it was."""

    id: uuid.UUID
    service_id: uuid.UUID
    provider_id: uuid.UUID
    starts_at: datetime
    provider_ends_at: datetime
    ends_at: datetime
    performed: bool
    resources: list[ResourceOut]


class VisitState(BaseModel):
    status: AppointmentStatus
    starts_at: datetime
    ends_at: datetime
    items: list[ItemState]


class HistoryOut(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: uuid.UUID
    event: AppointmentEvent
    happened_at: datetime
    business_date: date
    scheduled_start: datetime
    staff_id: uuid.UUID | None
    override: str | None
    reason: str | None
    state: VisitState | None = Field(description="What the visit was after it; none for imported visits.")


class StepOut(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)

    service_id: uuid.UUID
    provider_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime


class SlotOut(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)

    starts_at: datetime
    ends_at: datetime
    provider_ids: list[uuid.UUID] = Field(description="For the first service; the one who fits best first.")
    best: bool = Field(description="Leaves no gap in which nothing can be booked.")
    items: list[StepOut] = Field(description="Each service with a provider who is free for it.")


class NewShift(Request):
    staff_id: uuid.UUID
    location_id: uuid.UUID
    starts_at: Time
    ends_at: Time


class ShiftOut(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: uuid.UUID
    version: int
    staff_id: uuid.UUID
    location_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    active: bool
