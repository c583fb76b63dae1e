"""Credentials: who may perform which treatment category where, from when until when."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Response
from pydantic import Field, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Permission
from operational.etag import IfMatch, set_etag
from operational.identity.access import Actor
from operational.identity.dependencies import needs, signed_in
from operational.identity.unit import Unit
from operational.models.catalogue import TreatmentCategory
from operational.models.organization import Location
from operational.models.staff import Credential, StaffMember
from operational.paging import Cursor, Limit, Page, by_id
from operational.routing import AreaRouter
from operational.rows import add_row, change_row, get_row
from operational.schemas import Sent, Shown
from operational.text import Line

router = AreaRouter(prefix="/v1", tags=["organization"])

Reader = Annotated[Unit, Depends(signed_in(), scope="function")]
Manager = Annotated[Unit, Depends(needs(Permission.STAFF_MANAGE), scope="function")]


class CredentialCreate(Sent):
    category_id: uuid.UUID
    location_id: uuid.UUID
    licence_number: Line | None = None
    valid_from: date
    valid_until: date = Field(description="The first day on which it is no longer valid.")

    @model_validator(mode="after")
    def _in_order(self) -> CredentialCreate:
        if self.valid_from >= self.valid_until:
            raise ValueError("valid_from must be before valid_until.")
        return self


class CredentialChange(Sent):
    licence_number: Line | None = None
    valid_from: date | None = None
    valid_until: date | None = None


class CredentialView(Shown):
    """The licence number is not shown."""

    id: uuid.UUID
    staff_id: uuid.UUID
    category_id: uuid.UUID
    location_id: uuid.UUID
    valid_from: date
    valid_until: date
    version: int


def add_credential(
    session: Session, actor: Actor, staff_id: uuid.UUID, values: Mapping[str, Any]
) -> Credential:
    """Raises NotFound for a staff member, category or location that is not here, Invalid for no provider."""
    actor.require(Permission.STAFF_MANAGE, values["location_id"])
    staff = get_row(session, StaffMember, staff_id)
    get_row(session, TreatmentCategory, values["category_id"])
    get_row(session, Location, values["location_id"])
    if not staff.is_provider:
        raise Invalid("staff_id: mark the staff member as a provider first.")
    return add_row(session, Credential(org_id=actor.org_id, staff_id=staff_id, **values))


def edit_credential(
    session: Session, actor: Actor, credential_id: uuid.UUID, if_match: str | None, values: Mapping[str, Any]
) -> Credential:
    """A shorter validity stops new bookings; what is booked is checked again at check-in."""
    row = get_row(session, Credential, credential_id)
    actor.require(Permission.STAFF_MANAGE, row.location_id)
    return change_row(session, Credential, credential_id, if_match, values)


@router.get("/staff/{staff_id}/credentials")
def list_credentials(
    unit: Reader, staff_id: uuid.UUID, limit: Limit = 50, cursor: Cursor = None
) -> Page[CredentialView]:
    get_row(unit.session, StaffMember, staff_id)
    statement = select(Credential).where(Credential.staff_id == staff_id)
    rows, following = by_id(unit.session, statement, Credential.id, limit, cursor)
    return Page(items=[CredentialView.model_validate(row) for row in rows], next_cursor=following)


@router.post("/staff/{staff_id}/credentials", status_code=201)
def create_credential(
    unit: Manager, response: Response, staff_id: uuid.UUID, body: CredentialCreate
) -> CredentialView:
    row = add_credential(unit.session, unit.actor, staff_id, body.model_dump())
    set_etag(response, row)
    return CredentialView.model_validate(row)


@router.get("/credentials/{credential_id}")
def show_credential(unit: Reader, response: Response, credential_id: uuid.UUID) -> CredentialView:
    row = get_row(unit.session, Credential, credential_id)
    set_etag(response, row)
    return CredentialView.model_validate(row)


@router.patch("/credentials/{credential_id}")
def change_credential(
    unit: Manager,
    response: Response,
    credential_id: uuid.UUID,
    body: CredentialChange,
    if_match: IfMatch = None,
) -> CredentialView:
    values = body.model_dump(exclude_unset=True)
    row = edit_credential(unit.session, unit.actor, credential_id, if_match, values)
    set_etag(response, row)
    return CredentialView.model_validate(row)
