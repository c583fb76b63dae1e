"""What the endpoints of the waitlist take and answer."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, model_validator

from medspa.kernel.vocabulary import OfferStatus, WaitlistStatus
from operational.privacy.schemas import PhiSchema
from operational.schemas import Sent, Shown

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
"""What days are called on forms, Monday first."""
ALL_DAY = (0, 1440)
PARTS = {"morning": (0, 720), "afternoon": (720, 1020), "evening": (1020, 1440)}
"""Parts of the day as forms offer them: local minutes in which a visit begins."""
Weekdays = Annotated[
    list[Annotated[int, Field(ge=0, le=6, strict=True)]],
    Field(max_length=7, description="0 Monday; none: every day."),
    AfterValidator(lambda days: sorted(set(days))),
]


class WaitlistIn(Sent):
    """What somebody wants. Who asks first is offered first."""

    client_id: uuid.UUID
    location_id: uuid.UUID
    service_ids: list[uuid.UUID] = Field(min_length=1, max_length=10)
    provider_id: uuid.UUID | None = Field(None, description="Nobody named: any.")
    weekdays: Weekdays = Field(default_factory=list)
    from_minute: int = Field(0, ge=0, le=1439, description="Local minute of the day the visit begins from.")
    until_minute: int = Field(1440, ge=1, le=1440)
    from_date: dt.date
    until_date: dt.date

    @model_validator(mode="after")
    def _in_order(self) -> WaitlistIn:
        if self.until_date < self.from_date:
            raise ValueError("until_date: not before from_date.")
        if self.until_minute <= self.from_minute:
            raise ValueError("until_minute: after from_minute.")
        return self


class WaitlistOut(PhiSchema):
    """A wish, in the order of asking."""

    id: uuid.UUID
    client_id: uuid.UUID
    location_id: uuid.UUID
    service_ids: list[uuid.UUID]
    provider_id: uuid.UUID | None
    weekdays: list[int]
    from_minute: int
    until_minute: int
    from_date: dt.date
    until_date: dt.date
    status: WaitlistStatus
    appointment_id: uuid.UUID | None
    by_client: bool = Field(description="They joined by themselves, online.")
    created_at: dt.datetime
    version: int


class OfferOut(PhiSchema):
    """A time that was offered."""

    id: uuid.UUID
    waitlist_entry_id: uuid.UUID
    client_id: uuid.UUID
    location_id: uuid.UUID
    provider_id: uuid.UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    offered_at: dt.datetime
    expires_at: dt.datetime
    status: OfferStatus
    answered_at: dt.datetime | None
    appointment_id: uuid.UUID | None


class OfferLink(Sent):
    token: str = Field(min_length=20, max_length=200)


class OfferAnswer(OfferLink):
    policy_sha256: str | None = Field(
        None,
        pattern=r"^[0-9a-f]{64}$",
        description="Of the cancellation policy that is accepted with the time.",
    )


class OfferPolicy(Shown):
    body: str
    sha256: str


class OfferView(Shown):
    """When and where; nothing about a person or a treatment."""

    location: str
    timezone: str
    starts_at: dt.datetime
    expires_at: dt.datetime
    policy: OfferPolicy | None = Field(
        None, description="Accepted with the time by who joined the waitlist by themselves."
    )


class OfferTaken(BaseModel):
    appointment_id: uuid.UUID


class OfferDeclined(BaseModel):
    declined: bool = True


class WaitlistLeft(BaseModel):
    left: bool = True
