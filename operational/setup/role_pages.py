"""Pages of roles: each a set of permissions, ticked in groups."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import select

from medspa.kernel.vocabulary import Permission
from medspa.ui.values import title
from operational.etag import etag
from operational.identity import roles
from operational.identity.dependencies import needs
from operational.identity.schemas import RoleChange, RoleCreate
from operational.identity.unit import Unit
from operational.models import Role
from operational.pages import page, page_router, redirect
from operational.setup import fields as forms
from operational.setup.attempt import Sent, attempt_form
from operational.setup.fields import Field
from operational.setup.kinds import AREA
from operational.setup.permission_words import MAY

pages = page_router()
Manager = Annotated[Unit, Depends(needs(Permission.STAFF_MANAGE), scope="function")]
ROLE = (Field("name", "Name"), Field("permissions", "Permissions", "many", required=False))
Groups = Sequence[tuple[str, Sequence[tuple[str, str]]]]


def _area(one: Permission) -> str:
    return one.value.partition(".")[0]


def groups() -> Groups:
    """Every permission, by what it is about: (heading, [(permission, words)])."""
    by_area = groupby(sorted(Permission, key=_area), _area)
    return [(title(area), [(one.value, MAY[one]) for one in some]) for area, some in by_area]


@pages.get("/setup/roles")
def show_roles(request: Request, unit: Manager) -> Response:
    found = unit.session.scalars(select(Role).order_by(Role.name)).all()
    return page(AREA, "roles.html", request, unit, roles=found, groups=groups())


@pages.get("/setup/roles/new")
def show_new(request: Request, unit: Manager) -> Response:
    return _form(request, unit, None, forms.blank(ROLE), {})


@pages.post("/setup/roles")
def create(request: Request, unit: Manager, sent: Sent) -> Response:
    def act(values: dict[str, Any]) -> None:
        body = RoleCreate(**values)
        roles.create_role(unit.session, unit.actor, body.name, body.permissions)

    if wrong := attempt_form(unit.session, ROLE, sent, act):
        return _form(request, unit, None, forms.typed(ROLE, sent), wrong)
    return redirect("/setup/roles", request, "Saved.")


@pages.get("/setup/roles/{role_id}")
def show_role(request: Request, unit: Manager, role_id: uuid.UUID) -> Response:
    role = roles.get_role(unit.session, role_id)
    return _form(request, unit, role, {"name": role.name, "permissions": role.permissions}, {})


@pages.post("/setup/roles/{role_id}")
def change(request: Request, unit: Manager, role_id: uuid.UUID, sent: Sent) -> Response:
    def act(values: dict[str, Any]) -> None:
        body = RoleChange(**values)
        if_match = str(sent.get("if_match") or "")
        roles.edit_role(unit.session, unit.actor, role_id, if_match, name=body.name, held=body.permissions)

    if wrong := attempt_form(unit.session, ROLE, sent, act):
        role = roles.get_role(unit.session, role_id)
        unit.session.refresh(role)
        return _form(request, unit, role, forms.typed(ROLE, sent), wrong)
    return redirect("/setup/roles", request, "Saved. It counts from everybody's next click on.")


def _form(
    request: Request, unit: Unit, role: Role | None, values: Mapping[str, Any], wrong: Mapping[str, str]
) -> Response:
    return page(
        AREA,
        "role.html",
        request,
        unit,
        422 if wrong else 200,
        role=role,
        field=ROLE[0],
        values=values,
        wrong=wrong,
        groups=groups(),
        if_match=etag(role) if role is not None else "",
    )
