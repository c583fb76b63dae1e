"""What the endpoints of leads and tasks take and answer. Answers are audited where they are built."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from medspa.kernel.vocabulary import LeadSource, LeadStatus, LostReason, TaskKind
from operational.clients.schemas import DuplicateView, Email, Name, Phone
from operational.privacy.schemas import PhiSchema
from operational.schemas import Sent
from operational.text import Paragraph

Note = Annotated[Paragraph, Field(max_length=2_000)]


class LeadIn(Sent):
    """A lead that somebody at the practice writes down."""

    location_id: uuid.UUID
    source: LeadSource
    first_name: Name
    last_name: Name
    phone: Phone | None = None
    email: Email | None = None
    message: Note | None = None
    contact_text_id: uuid.UUID | None = Field(
        None, description="The version of the consent to be contacted that they agreed to."
    )


class LeadOut(PhiSchema):
    """A lead with what they told us."""

    id: uuid.UUID
    version: int
    location_id: uuid.UUID
    source: LeadSource
    status: LeadStatus
    lost_reason: LostReason | None
    received_at: datetime
    contacted_at: datetime | None
    booked_at: datetime | None
    converted_at: datetime | None
    lost_at: datetime | None
    may_contact: bool
    contact_text_id: uuid.UUID | None
    client_id: uuid.UUID | None
    first_name: str
    last_name: str
    phone: str | None
    email: str | None
    message: str | None


class Lost(Sent):
    reason: LostReason


class Conversion(Sent):
    client_id: uuid.UUID | None = Field(None, description="A client who is there already; none: a new one.")


class Converted(BaseModel):
    """The lead, and the records that its new client may be a double of."""

    lead: LeadOut
    duplicates: list[DuplicateView]


class TaskIn(Sent):
    location_id: uuid.UUID
    kind: Literal[TaskKind.FOLLOW_UP, TaskKind.OTHER] = Field(
        TaskKind.FOLLOW_UP, description="The others arise by themselves, and what they ask for ends them."
    )
    due_at: AwareDatetime
    assignee_id: uuid.UUID | None = Field(None, description="None: whoever comes first.")
    lead_id: uuid.UUID | None = None
    client_id: uuid.UUID | None = None
    appointment_id: uuid.UUID | None = None
    note: Note | None = None


class TaskOut(PhiSchema):
    id: uuid.UUID
    location_id: uuid.UUID
    kind: TaskKind
    due_at: datetime
    assignee_id: uuid.UUID | None
    lead_id: uuid.UUID | None
    client_id: uuid.UUID | None
    appointment_id: uuid.UUID | None
    online_booking_id: uuid.UUID | None
    note: str | None
    done_at: datetime | None
    done_by: uuid.UUID | None
