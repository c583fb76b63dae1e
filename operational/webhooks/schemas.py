"""What the endpoints of webhooks and feeds take and answer. Ids only, so nothing of it is about a person."""

from __future__ import annotations

import datetime as dt
import uuid

from pydantic import Field

from medspa.kernel.vocabulary import AppointmentEvent, DeliveryStatus
from operational.schemas import Sent, Shown


class EndpointIn(Sent):
    url: str = Field(min_length=10, max_length=2000, examples=["https://example.com/hooks"])
    events: list[AppointmentEvent] = Field(min_length=1, max_length=30)
    location_id: uuid.UUID | None = Field(None, description="Without one: every location.")


class EndpointChange(Sent):
    """Only what is sent changes."""

    active: bool | None = None
    events: list[AppointmentEvent] | None = Field(None, min_length=1, max_length=30)


class EndpointOut(Shown):
    id: uuid.UUID
    url: str
    events: list[AppointmentEvent]
    location_id: uuid.UUID | None
    active: bool
    failing_since: dt.datetime | None
    disabled: str | None = Field(description="`failing`: nothing was taken for three days.")
    version: int


class EndpointAdded(EndpointOut):
    secret: str = Field(description="Shown once. Events are signed with it: `t=…,v1=HMAC-SHA256(t.body)`.")


class DeliveryOut(Shown):
    id: uuid.UUID
    webhook_endpoint_id: uuid.UUID
    event: AppointmentEvent
    appointment_id: uuid.UUID
    happened_at: dt.datetime
    status: DeliveryStatus
    attempts: int
    due_at: dt.datetime
    delivered_at: dt.datetime | None
    code: str | None


class FeedIn(Sent):
    staff_id: uuid.UUID
    shows_place: bool = Field(False, description="Where, and whether it is confirmed; the owner's to allow.")


class FeedOut(Shown):
    id: uuid.UUID
    staff_id: uuid.UUID
    shows_place: bool
    created_at: dt.datetime
    revoked_at: dt.datetime | None


class FeedAdded(FeedOut):
    url: str = Field(description="The secret address to subscribe to. Shown once.")
