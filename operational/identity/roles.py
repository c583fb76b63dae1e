"""Roles: sets of permissions that the organization edits."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import Permission
from operational.etag import check_if_match
from operational.identity import grants
from operational.identity.access import Actor
from operational.models.staff import Role


def create_role(session: Session, actor: Actor, name: str, held: Iterable[Permission]) -> Role:
    """Raises GrantNotHeld for permissions that the actor lacks."""
    actor.require(Permission.STAFF_MANAGE)
    wanted = set(held)
    grants.require_held(actor, wanted)
    role = Role(org_id=actor.org_id, name=name, permissions=sorted(wanted))
    session.add(role)
    session.flush()
    return role


def get_role(session: Session, role_id: uuid.UUID, *, lock: bool = False) -> Role:
    statement = select(Role).where(Role.id == role_id)
    role = session.scalar(statement.with_for_update() if lock else statement)
    if role is None:
        raise NotFound("There is no such role.")
    return role


def edit_role(
    session: Session,
    actor: Actor,
    role_id: uuid.UUID,
    if_match: str | None,
    *,
    name: str | None,
    held: Iterable[Permission] | None,
) -> Role:
    """What changes hands, given or taken, must be held by the actor. Raises GrantNotHeld, LastOwner."""
    actor.require(Permission.STAFF_MANAGE)
    grants.lock(session)
    role = get_role(session, role_id, lock=True)
    check_if_match(role, if_match)
    if name is not None:
        role.name = name
    if held is not None:
        wanted = {one.value for one in held}
        grants.require_held(actor, wanted ^ set(role.permissions))
        role.permissions = sorted(wanted)
        grants.require_owner_left(session)
    session.flush()
    session.refresh(role)
    return role
