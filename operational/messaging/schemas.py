"""What the segment endpoints answer."""

from __future__ import annotations

import datetime as dt
import uuid

from pydantic import BaseModel, Field

from operational.privacy.schemas import PhiSchema


class SegmentShown(BaseModel):
    """The newest publication of a segment. Counts below 11 are not told."""

    code: str
    definition_version: int
    as_of: dt.date
    published_at: dt.datetime
    members: str = Field(description="a number, or `< 11`")
    reveals_treatment: bool


class SegmentMemberShown(PhiSchema):
    """A member with the marks that keep them from being written to."""

    client_id: uuid.UUID
    first_name: str
    last_name: str
    phone: str | None
    email: str | None
    due_on: dt.date | None
    reason: str
    suppressed: list[str] = Field(description="why this client may not be contacted; empty: nothing known")
