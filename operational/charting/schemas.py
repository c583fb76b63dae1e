"""What chart endpoints take and answer. Quantities are thousandths of the product's unit."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated

from pydantic import Field

from medspa.kernel.vocabulary import Intent, LotMovementKind, NoteStatus, TreatmentSource
from operational.privacy.schemas import PhiSchema
from operational.schemas import Code, Sent, Shown
from operational.text import Line, Paragraph

Quantity = Annotated[int, Field(gt=0, le=100_000_000, description="Thousandths: 40 units are 40000.")]


class NewNote(Sent):
    appointment_id: uuid.UUID | None = None
    body: Paragraph


class NoteText(Sent):
    body: Paragraph


class AddendumOut(PhiSchema):
    id: uuid.UUID
    client_id: uuid.UUID
    author_id: uuid.UUID
    created_at: dt.datetime
    body: str


class NoteOut(PhiSchema):
    """A note with its addenda, oldest first."""

    id: uuid.UUID
    client_id: uuid.UUID
    appointment_id: uuid.UUID | None
    author_id: uuid.UUID
    status: NoteStatus
    created_at: dt.datetime
    signed_at: dt.datetime | None
    version: int
    body: str
    addenda: list[AddendumOut]


class Site(Sent):
    site: Code
    quantity_milli: Quantity


class NewTreatment(Sent):
    """What was done in one item of a visit. Product, lot and quantity go together."""

    appointment_item_id: uuid.UUID
    intent: Intent
    product_id: uuid.UUID | None = None
    lot_id: uuid.UUID | None = None
    quantity_milli: Quantity | None = None
    area: Code | None = None
    dilution: Code | None = Field(None, examples=["2.5ml_per_100u"])
    sites: Annotated[tuple[Site, ...], Field(max_length=60)] = ()
    next_due_on: dt.date | None = None
    details: Paragraph | None = None
    gate_overrides: dict[Code, Code] = Field(
        default_factory=dict, description="Gate → reason code; needs `gate.override` and is kept."
    )


class SiteOut(Shown):
    site: str
    quantity_milli: int


class TreatmentOut(PhiSchema):
    id: uuid.UUID
    client_id: uuid.UUID
    appointment_item_id: uuid.UUID | None
    location_id: uuid.UUID
    provider_id: uuid.UUID
    category_id: uuid.UUID
    product_id: uuid.UUID | None
    lot_id: uuid.UUID | None
    intent: Intent
    source: TreatmentSource
    area: str | None
    quantity_milli: int | None
    dilution: str | None
    performed_at: dt.datetime
    business_date: dt.date
    next_due_on: dt.date | None
    status: NoteStatus
    signed_at: dt.datetime | None
    version: int
    sites: list[SiteOut]
    details: str | None


class NewExam(Sent):
    category_id: uuid.UUID
    examined_on: dt.date
    valid_until: dt.date


class ExamOut(PhiSchema):
    id: uuid.UUID
    client_id: uuid.UUID
    category_id: uuid.UUID
    examiner_id: uuid.UUID
    examined_on: dt.date
    valid_until: dt.date


class NewLot(Sent):
    """A lot received. Receiving the same number again adds to its stock."""

    product_id: uuid.UUID
    location_id: uuid.UUID
    lot_number: Line
    expires_on: dt.date
    quantity_milli: Quantity


class Waste(Sent):
    quantity_milli: Quantity
    reason: Code


class LotOut(Shown):
    """A lot and its stock: received − charted − wasted = on hand."""

    id: uuid.UUID
    product_id: uuid.UUID
    location_id: uuid.UUID
    lot_number: str
    expires_on: dt.date
    on_hand_milli: int
    movements: dict[LotMovementKind, int]


class RecallOut(PhiSchema):
    """A client treated from a lot."""

    client_id: uuid.UUID
    treatment_record_id: uuid.UUID
    performed_at: dt.datetime
    quantity_milli: int | None
