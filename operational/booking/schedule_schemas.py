"""Requests and answers about what may be booked when: rules of services, performers, time off."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from medspa.kernel.vocabulary import OffSubject, TimeOffReason, TimeOffStatus
from operational.booking.schemas import Request, Time
from operational.schemas import AsText

Age = Annotated[int, Field(ge=0, le=120)]
PartMinutes = Annotated[int, Field(ge=0, le=720)]
MAX_REPEATS = 104
SLOTS = (5, 10, 15, 20, 30, 60)


def _slot(value: int) -> int:
    if value not in SLOTS:
        raise ValueError("Choose 5, 10, 15, 20, 30 or 60 minutes.")
    return value


SlotMinutes = Annotated[int, Field(ge=5, le=60), AfterValidator(_slot)]


class RuleIn(Request):
    """What booking a service asks for beside free time. The whole rule: what is left out is not asked."""

    lead_minutes: int = Field(0, ge=0, le=527_040, description="Booked at least this long before it starts.")
    horizon_days: int | None = Field(None, ge=1, le=730, description="Booked at most this far ahead.")
    slot_minutes: SlotMinutes | None = Field(
        None, description="Starts are multiples of it from local midnight: 5, 10, 15, 20, 30 or 60."
    )
    min_age: Age | None = Field(None, description="Years on the day of the visit. Nobody overrides it.")
    max_age: Age | None = None
    online: bool = Field(True, description="Whether clients may book it themselves.")
    shares_processing: bool = Field(
        True, description="The provider may see somebody else while the treatment works in."
    )

    @model_validator(mode="after")
    def _ages_in_order(self) -> RuleIn:
        if self.min_age is not None and self.max_age is not None and self.min_age > self.max_age:
            raise ValueError("min_age must not be above max_age")
        return self


class RuleOut(BaseModel):
    """The rule of a service. Version 0: none was set."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    service_id: uuid.UUID
    version: int = 0
    lead_minutes: int = 0
    horizon_days: int | None = None
    slot_minutes: int | None = None
    min_age: int | None = None
    max_age: int | None = None
    online: bool = True
    shares_processing: bool = True


class PrerequisiteIn(Request):
    """What must have been performed before: a service, such as a patch test, or any of a category."""

    required_service_id: uuid.UUID | None = None
    required_category_id: uuid.UUID | None = None
    after_hours: int = Field(0, ge=0, le=8760, description="At least this long before.")
    within_days: int = Field(ge=1, le=3650, description="At most this long before.")

    @model_validator(mode="after")
    def _one(self) -> PrerequisiteIn:
        if (self.required_service_id is None) == (self.required_category_id is None):
            raise ValueError("send required_service_id or required_category_id")
        if self.within_days * 24 <= self.after_hours:
            raise ValueError("within_days must be longer than after_hours")
        return self


class PrerequisitesIn(Request):
    """All prerequisites of a service: each of them must be met."""

    items: list[PrerequisiteIn] = Field(max_length=10)


class PrerequisiteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)

    required_service_id: uuid.UUID | None
    required_category_id: uuid.UUID | None
    after_hours: int
    within_days: int


class PerformerIn(Request):
    """How a provider performs a service. Minutes that are left out are the service's."""

    performs: bool = True
    provider_minutes: Annotated[int, Field(ge=1, le=720)] | None = None
    processing_minutes: PartMinutes | None = None
    finishing_minutes: PartMinutes | None = None
    rank: int | None = Field(None, ge=1, le=999, description="Who comes first when nobody is asked for.")


class PerformerOut(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)

    service_id: uuid.UUID
    staff_id: uuid.UUID
    version: int
    performs: bool
    provider_minutes: int | None
    processing_minutes: int | None
    finishing_minutes: int | None
    rank: int | None


class Repeat(Request):
    """The same wall-clock time again, every so many weeks."""

    every_weeks: int = Field(1, ge=1, le=52)
    times: int = Field(ge=2, le=MAX_REPEATS, description="In all, the first included.")


class PatternSpan(Request):
    """Working time on one weekday. Ends after it starts, past midnight if it is earlier in the day."""

    weekday: int = Field(ge=0, le=6, description="0 is Monday.")
    starts: Annotated[time, AsText] = Field(description="On the location's wall clock.", examples=["09:00"])
    ends: Annotated[time, AsText]


class NewPattern(Request):
    """The same week again and again; several spans of a day are a split shift."""

    staff_id: uuid.UUID
    location_id: uuid.UUID
    first: date
    last: date = Field(description="The last day, included; at most a year after the first.")
    every_weeks: int = Field(1, ge=1, le=8)
    spans: list[PatternSpan] = Field(min_length=1, max_length=28)


class NewTimeOff(Request):
    """A provider away (everywhere), a room or device out of service, or a location closed."""

    location_id: uuid.UUID
    subject_kind: OffSubject
    subject_id: uuid.UUID = Field(description="The staff member, room, device, or the location itself.")
    starts_at: Time
    ends_at: Time
    reason: TimeOffReason
    paid: bool = False
    request: bool = Field(False, description="Ask for it: somebody with `schedule.manage` decides.")
    repeat: Repeat | None = None
    keep_visits: bool = Field(
        False, description="Take the time although visits are booked in it; they are listed to be moved."
    )


class Decision(Request):
    keep_visits: bool = False


class TimeOffOut(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: uuid.UUID
    version: int
    location_id: uuid.UUID
    subject_kind: OffSubject
    subject_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    status: TimeOffStatus
    reason: TimeOffReason
    paid: bool
    series_id: uuid.UUID | None


class TimeOffMade(BaseModel):
    items: list[TimeOffOut]
    affected: list[uuid.UUID] = Field(description="Visits that are booked in this time.")
