"""What the client endpoints take and answer. Answers are audited where they are built."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, Field

from medspa.kernel.vocabulary import ClientFlag
from operational.privacy.schemas import PhiSchema
from operational.schemas import Code, Sent
from operational.text import Line, clean_email, clean_phone

Name = Annotated[Line, Field(max_length=100)]
Phone = Annotated[str, Field(max_length=40, examples=["+12125550123"]), AfterValidator(clean_phone)]
Email = Annotated[str, Field(max_length=254), AfterValidator(clean_email)]
State = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Zip = Annotated[str, Field(pattern=r"^[0-9]{5}(-[0-9]{4})?$")]


class ContactDetails(Sent):
    phone: Phone | None = Field(None, description="Stored as E.164; ten digits are North American.")
    email: Email | None = None
    birth_date: date | None = None
    street: Line | None = None
    city: Line | None = None
    state: State | None = None
    zip_code: Zip | None = None
    source: Code | None = Field(None, description="Where they heard of the practice, as a code.")
    home_location_id: uuid.UUID | None = None


class ClientCreate(ContactDetails):
    first_name: Name
    last_name: Name
    flags: list[ClientFlag] = Field(default_factory=list, max_length=20)


class ClientChange(ContactDetails):
    """Only what is sent changes; null clears."""

    first_name: Name | None = None
    last_name: Name | None = None
    flags: list[ClientFlag] | None = Field(None, max_length=20)


class ClientView(PhiSchema):
    __client_field__: ClassVar[str | None] = "id"

    id: uuid.UUID
    first_name: str
    last_name: str
    phone: str | None
    email: str | None
    birth_date: date | None
    street: str | None
    city: str | None
    state: str | None
    zip_code: str | None
    source: str | None
    flags: list[str]
    home_location_id: uuid.UUID | None
    merged_into_id: uuid.UUID | None
    version: int


class DuplicateView(PhiSchema):
    """A record that looks like the same person. `reason`: phone, email or name_birth_date."""

    __client_field__: ClassVar[str | None] = "id"

    id: uuid.UUID
    first_name: str
    last_name: str
    phone: str | None
    email: str | None
    birth_date: date | None
    reason: str


class ClientSaved(BaseModel):
    """The record, and the ones it may be a double of. It is saved either way."""

    client: ClientView
    duplicates: list[DuplicateView]


class DuplicateList(BaseModel):
    items: list[DuplicateView]
