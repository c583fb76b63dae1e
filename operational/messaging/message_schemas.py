"""What the endpoints of messages take and answer. Answers about clients are audited where they are built."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, model_validator

from medspa.kernel.vocabulary import Channel, ContactUse, MessageKind, MessageStatus, ReplyMeaning
from operational.clients.schemas import Email, Phone
from operational.privacy.schemas import PhiSchema
from operational.schemas import Code, Sent, Shown
from operational.text import Line, Paragraph

MINUTES_AHEAD = 60 * 24 * 60
Minutes = Annotated[int, Field(ge=15, le=MINUTES_AHEAD)]
MinuteOfDay = Annotated[int, Field(ge=0, le=1439)]
AUTOMATIC = (
    MessageKind.BOOKING_CONFIRMED,
    MessageKind.MOVED,
    MessageKind.CANCELLED,
    MessageKind.BOOKING_COMPLETION,
)


def _distinct(values: list[int]) -> list[int]:
    return sorted(set(values), reverse=True)


def _automatic(kinds: list[MessageKind]) -> list[MessageKind]:
    if wrong := [one for one in kinds if one not in AUTOMATIC]:
        raise ValueError(f"{wrong[0].value} cannot be chosen here.")
    return sorted(set(kinds))


Offsets = Annotated[list[Minutes], Field(max_length=6), AfterValidator(_distinct)]


class MessagingRules(Sent):
    """How a location writes to its clients. Offsets are minutes before the start of a visit."""

    automatic: Annotated[
        list[MessageKind],
        Field(max_length=4, description="booking_confirmed, moved, cancelled, booking_completion"),
        AfterValidator(_automatic),
    ]  # fmt: skip
    reminder_minutes: Offsets = Field(examples=[[4320, 1440, 120]])
    confirmation_minutes: Offsets = Field(description="When clients are asked to confirm.", examples=[[2880]])
    forms_minutes: Offsets = Field(description="When clients whose forms are outstanding are asked for them.")
    quiet_from_minute: MinuteOfDay = Field(
        21 * 60, description="Local minute of the day; texts wait from here."
    )
    quiet_until_minute: MinuteOfDay = 8 * 60
    offer_minutes: Annotated[int, Field(ge=5, le=1440)] = 30
    call_number: Phone | None = Field(None, description="The number that clients are told to call.")
    sms_from: Phone | None = Field(None, description="The number that texts come from.")
    email_from: Email | None = None

    @model_validator(mode="after")
    def _one_at_a_time(self) -> MessagingRules:
        if twice := set(self.reminder_minutes) & set(self.confirmation_minutes):
            raise ValueError(f"{min(twice)} minutes before: remind or ask to confirm, not both at once.")
        return self


class MessagingRulesOut(Shown):
    location_id: uuid.UUID
    automatic: list[MessageKind]
    reminder_minutes: list[int]
    confirmation_minutes: list[int]
    forms_minutes: list[int]
    quiet_from_minute: int
    quiet_until_minute: int
    offer_minutes: int
    call_number: str | None
    sms_from: str | None
    email_from: str | None
    version: int


class TemplateIn(Sent):
    kind: MessageKind
    channel: Channel
    location_id: uuid.UUID | None = Field(None, description="Without one: for every location.")
    subject: Line | None = Field(None, description="Of e-mail only.")
    text: Annotated[Paragraph, Field(max_length=4000)] = Field(
        description="Fields stand in braces, such as {date}. A text that names a treatment is refused."
    )


class TemplateOut(Shown):
    id: uuid.UUID | None = Field(description="None: the text that comes with the product.")
    kind: MessageKind
    channel: Channel
    location_id: uuid.UUID | None
    number: int
    subject: str | None
    text: str
    fields: list[str] = Field(description="What may stand in braces.")


class MessageOut(PhiSchema):
    """A message to a client. `text`, its links hidden, and `sent_to` are known once it was claimed."""

    id: uuid.UUID
    client_id: uuid.UUID | None
    location_id: uuid.UUID
    appointment_id: uuid.UUID | None
    kind: MessageKind
    channel: Channel | None
    status: MessageStatus
    code: str | None
    due_at: dt.datetime
    sent_at: dt.datetime | None
    delivered_at: dt.datetime | None
    sent_to: str | None
    subject: str | None
    text: str | None


class ReplyOut(PhiSchema):
    """A text that a client sent."""

    id: uuid.UUID
    client_id: uuid.UUID | None
    location_id: uuid.UUID | None
    appointment_id: uuid.UUID | None
    meaning: ReplyMeaning
    received_at: dt.datetime
    text: str


class SettleIn(Sent):
    arrived: bool = Field(description="What was found out about a message of unknown outcome.")


class ConsentIn(Sent):
    channel: Channel
    use: ContactUse
    granted: bool
    source: Code = Field("desk", examples=["desk", "form"])


class ConsentOut(PhiSchema):
    """What a client allows. `said_at` None: the default, nothing was said."""

    client_id: uuid.UUID
    channel: Channel
    use: ContactUse
    granted: bool
    said_at: dt.datetime | None
    source: str | None


class Taken(BaseModel):
    """The messenger need not send it again."""

    taken: bool
