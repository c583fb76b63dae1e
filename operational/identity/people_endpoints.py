"""Staff, roles and API keys."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Response
from sqlalchemy import select

from medspa.kernel.vocabulary import Permission
from operational.etag import IfMatch, set_etag
from operational.identity import api_keys, roles, staff
from operational.identity.dependencies import needs, signed_in
from operational.identity.schemas import (
    ApiKeyCreate,
    ApiKeyMade,
    ApiKeyView,
    EnrolmentLink,
    RoleAtLocation,
    RoleChange,
    RoleCreate,
    RolesSet,
    RoleView,
    StaffChange,
    StaffCreate,
    StaffHired,
    StaffView,
)
from operational.identity.staff import RoleAt
from operational.identity.unit import Unit
from operational.models.staff import ApiKey, Role, StaffMember
from operational.paging import Cursor, Limit, Page, by_id
from operational.routing import AreaRouter

router = AreaRouter(prefix="/v1", tags=["identity"])

SignedInUnit = Annotated[Unit, Depends(signed_in(), scope="function")]
StaffUnit = Annotated[Unit, Depends(needs(Permission.STAFF_MANAGE), scope="function")]
KeyUnit = Annotated[Unit, Depends(needs(Permission.API_KEY_MANAGE), scope="function")]


@router.get("/roles")
def list_roles(unit: StaffUnit, limit: Limit = 50, cursor: Cursor = None) -> Page[RoleView]:
    rows, following = by_id(unit.session, select(Role), Role.id, limit, cursor)
    return Page(items=[RoleView.model_validate(row) for row in rows], next_cursor=following)


@router.post("/roles", status_code=201)
def create_role(unit: StaffUnit, response: Response, body: RoleCreate) -> RoleView:
    role = roles.create_role(unit.session, unit.actor, body.name, body.permissions)
    set_etag(response, role)
    return RoleView.model_validate(role)


@router.get("/roles/{role_id}")
def show_role(unit: StaffUnit, response: Response, role_id: uuid.UUID) -> RoleView:
    role = roles.get_role(unit.session, role_id)
    set_etag(response, role)
    return RoleView.model_validate(role)


@router.patch("/roles/{role_id}")
def edit_role(
    unit: StaffUnit, response: Response, role_id: uuid.UUID, body: RoleChange, if_match: IfMatch = None
) -> RoleView:
    """Applies to everybody with this role from their next request on."""
    role = roles.edit_role(unit.session, unit.actor, role_id, if_match, name=body.name, held=body.permissions)
    set_etag(response, role)
    return RoleView.model_validate(role)


@router.get("/staff")
def list_staff(unit: SignedInUnit, limit: Limit = 50, cursor: Cursor = None) -> Page[StaffView]:
    rows, following = by_id(unit.session, select(StaffMember), StaffMember.id, limit, cursor)
    return Page(items=_views(unit, rows), next_cursor=following)


@router.post("/staff", status_code=201)
def hire_staff(unit: StaffUnit, response: Response, body: StaffCreate) -> StaffHired:
    """A new staff member, with the enrolment token to hand to them (shown once)."""
    person, token = staff.hire(
        unit.session,
        unit.actor,
        label=body.label,
        email=body.email,
        is_provider=body.is_provider,
        roles=_roles(body.roles),
    )
    set_etag(response, person)
    return StaffHired(staff_id=person.id, enrolment_token=token, staff=_views(unit, [person])[0])


@router.get("/staff/{staff_id}")
def show_staff(unit: SignedInUnit, response: Response, staff_id: uuid.UUID) -> StaffView:
    person = staff.get_staff(unit.session, staff_id)
    set_etag(response, person)
    return _views(unit, [person])[0]


@router.patch("/staff/{staff_id}")
def edit_staff(
    unit: StaffUnit, response: Response, staff_id: uuid.UUID, body: StaffChange, if_match: IfMatch = None
) -> StaffView:
    """`active: false` ends the person's sessions and stops the API keys they made."""
    person = staff.edit(unit.session, unit.actor, staff_id, if_match, **body.model_dump(exclude_unset=True))
    set_etag(response, person)
    return _views(unit, [person])[0]


@router.put("/staff/{staff_id}/roles")
def set_staff_roles(unit: StaffUnit, staff_id: uuid.UUID, body: RolesSet) -> RolesSet:
    """Replaces all roles of a staff member."""
    held = staff.set_roles(unit.session, unit.actor, staff_id, _roles(body.roles))
    return RolesSet(roles=[RoleAtLocation.model_validate(one) for one in held])


@router.post("/staff/{staff_id}/enrolment", status_code=201)
def restart_enrolment(unit: StaffUnit, staff_id: uuid.UUID) -> EnrolmentLink:
    """A new enrolment token, for a forgotten password or a lost phone."""
    token = staff.start_enrolment(unit.session, unit.actor, staff_id)
    return EnrolmentLink(staff_id=staff_id, enrolment_token=token)


@router.get("/api-keys")
def list_api_keys(unit: KeyUnit, limit: Limit = 50, cursor: Cursor = None) -> Page[ApiKeyView]:
    rows, following = by_id(unit.session, select(ApiKey), ApiKey.id, limit, cursor)
    return Page(items=[ApiKeyView.model_validate(row) for row in rows], next_cursor=following)


@router.post("/api-keys", status_code=201)
def create_api_key(unit: KeyUnit, body: ApiKeyCreate) -> ApiKeyMade:
    """The key is in this answer and nowhere else."""
    row, key = api_keys.create_key(
        unit.session,
        unit.actor,
        name=body.name,
        scopes=body.scopes,
        location_id=body.location_id,
        expires_at=body.expires_at,
    )
    return ApiKeyMade(**ApiKeyView.model_validate(row).model_dump(), key=key)


@router.delete("/api-keys/{key_id}")
def revoke_api_key(unit: KeyUnit, key_id: uuid.UUID) -> ApiKeyView:
    return ApiKeyView.model_validate(api_keys.revoke_key(unit.session, unit.actor, key_id))


def _roles(sent: Sequence[RoleAtLocation]) -> list[RoleAt]:
    return [RoleAt(one.role_id, one.location_id) for one in sent]


def _views(unit: Unit, people: Sequence[StaffMember]) -> list[StaffView]:
    held = staff.roles_of(unit.session, [one.id for one in people])
    return [
        StaffView(
            id=one.id,
            label=one.label,
            is_provider=one.is_provider,
            active=one.active,
            second_factor=one.totp_secret is not None,
            roles=[RoleAtLocation.model_validate(role) for role in held[one.id]],
            version=one.version,
        )
        for one in people
    ]
