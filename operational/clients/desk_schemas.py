"""What the endpoints of notes, households and merges take and answer."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from operational.clients.merging import ConflictCode, Detail
from operational.privacy.schemas import PhiSchema
from operational.schemas import Sent
from operational.text import Paragraph


class NewNote(Sent):
    body: Annotated[Paragraph, Field(max_length=2_000)]


class NoteView(PhiSchema):
    """A note of the desk; clinical ones are in the chart."""

    id: uuid.UUID
    client_id: uuid.UUID
    author_id: uuid.UUID
    author: str | None
    created_at: datetime
    body: str


class NoteList(BaseModel):
    items: list[NoteView]


class NewMember(Sent):
    client_id: uuid.UUID


class PayerChange(Sent):
    payer_id: uuid.UUID | None = Field(description="Another member; null: they pay for themselves.")


class MemberView(PhiSchema):
    __client_field__: ClassVar[str | None] = "id"

    id: uuid.UUID
    first_name: str
    last_name: str
    payer_id: uuid.UUID | None


class MemberList(BaseModel):
    """The client first; empty when they are of no household."""

    items: list[MemberView]


class NewMerge(Sent):
    client_id: uuid.UUID = Field(description="The record that ends.")
    take: list[Detail] = Field(
        default_factory=list,
        max_length=20,
        description="Details of it that win although the survivor has some.",
    )


class FieldView(BaseModel):
    field: str
    survivor: str | None
    merged: str | None
    wins: Literal["survivor", "merged"]


class BalancePair(BaseModel):
    deposits_minor: int
    account_credit_minor: int


class MergePreview(PhiSchema):
    """What the merge would do. Its ETag goes with it as If-Match."""

    __client_field__: ClassVar[str | None] = "survivor_id"

    survivor_id: uuid.UUID
    merged_id: uuid.UUID
    fields: list[FieldView]
    flags: list[str]
    moves: dict[str, int] = Field(description="Table → rows that become the survivor's.")
    stays: dict[str, int] = Field(description="Table → rows that stay as written and are read with them.")
    balances: dict[str, BalancePair] = Field(description="Empty without `invoice.read`.")
    conflicts: list[ConflictCode]
    blocked: list[ConflictCode] = Field(description="The conflicts that must be settled first.")


class MergeView(BaseModel):
    id: uuid.UUID
    survivor_id: uuid.UUID
    merged_id: uuid.UUID
    merged_at: datetime
    merged_by: uuid.UUID
    undone_at: datetime | None


class MergeList(BaseModel):
    items: list[MergeView]


class Settled(BaseModel):
    pairs: int
