"""Staff members: hiring, editing, their roles, and the link with which they set their password."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from medspa.kernel.database import session_scope
from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import NoticeKind, Permission
from operational import links
from operational.directory import devices
from operational.directory.lookup import StaffFound
from operational.etag import check_if_match
from operational.identity import grants, passwords, tokens
from operational.identity.access import Actor
from operational.identity.errors import LinkSpent
from operational.identity.roles import get_role
from operational.identity.sign_in import end_sessions
from operational.identity.unit import Services
from operational.models.staff import StaffMember, StaffRole
from operational.notices import notify

ENROLMENT = "staff_enrolment"
ENROLMENT_LIFETIME = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class RoleAt:
    """A role at one location, or everywhere (None)."""

    role_id: uuid.UUID
    location_id: uuid.UUID | None


def get_staff(session: Session, staff_id: uuid.UUID, *, lock: bool = False) -> StaffMember:
    statement = select(StaffMember).where(StaffMember.id == staff_id)
    staff = session.scalar(statement.with_for_update() if lock else statement)
    if staff is None:
        raise NotFound("There is no such staff member.")
    return staff


def roles_of(session: Session, staff_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[RoleAt]]:
    """The roles of several staff members, in a stable order."""
    found: dict[uuid.UUID, list[RoleAt]] = {one: [] for one in staff_ids}
    rows = session.scalars(select(StaffRole).where(StaffRole.staff_id.in_(staff_ids)).order_by(StaffRole.id))
    for row in rows:
        found[row.staff_id].append(RoleAt(row.role_id, row.location_id))
    return found


def _places(session: Session, staff_id: uuid.UUID) -> set[uuid.UUID | None]:
    """Where a staff member has a role (None: everywhere)."""
    return {one.location_id for one in roles_of(session, [staff_id])[staff_id]}


def hire(
    session: Session, actor: Actor, *, label: str, email: str, is_provider: bool, roles: Sequence[RoleAt]
) -> tuple[StaffMember, str]:
    """A staff member and the enrolment token to hand to them: with it they set their password."""
    actor.require(Permission.STAFF_MANAGE)
    staff = StaffMember(
        org_id=actor.org_id,
        label=label,
        email=email,
        email_digest=tokens.email_digest(email),
        is_provider=is_provider,
        active=True,
    )
    session.add(staff)
    session.flush()
    _give(session, actor, staff.id, roles)
    return staff, _enrolment_link(session, staff)


def edit(
    session: Session,
    actor: Actor,
    staff_id: uuid.UUID,
    if_match: str | None,
    *,
    label: str | None = None,
    is_provider: bool | None = None,
    active: bool | None = None,
) -> StaffMember:
    """By who manages the staff of all their locations. Leaving (`active` false) ends the sessions at once.

    Raises Forbidden, GrantNotHeld, LastOwner.
    """
    actor.require(Permission.STAFF_MANAGE)
    grants.lock(session)
    staff = get_staff(session, staff_id, lock=True)
    grants.require_manages(actor, _places(session, staff_id))
    check_if_match(staff, if_match)
    if label is not None:
        staff.label = label
    if is_provider is not None:
        staff.is_provider = is_provider
    if active is not None and active != staff.active:
        grants.require_over(session, actor, staff_id)
        staff.active = active
        grants.require_owner_left(session)
        if not active:
            end_sessions(session, staff_id)
    session.flush()
    session.refresh(staff)
    return staff


def set_roles(session: Session, actor: Actor, staff_id: uuid.UUID, roles: Sequence[RoleAt]) -> list[RoleAt]:
    """Replace a staff member's roles. Only what changes must be held by the actor."""
    actor.require(Permission.STAFF_MANAGE)
    grants.lock(session)
    get_staff(session, staff_id, lock=True)
    before, wanted = set(roles_of(session, [staff_id])[staff_id]), set(roles)
    for gone in before - wanted:
        grants.require_held(actor, get_role(session, gone.role_id).permissions, gone.location_id)
        grants.require_manages(actor, [gone.location_id])
        session.execute(
            delete(StaffRole).where(
                StaffRole.staff_id == staff_id,
                StaffRole.role_id == gone.role_id,
                StaffRole.location_id.is_not_distinct_from(gone.location_id),
            )
        )
    _give(session, actor, staff_id, [one for one in dict.fromkeys(roles) if one not in before])
    grants.require_owner_left(session)
    return roles_of(session, [staff_id])[staff_id]


def _give(session: Session, actor: Actor, staff_id: uuid.UUID, roles: Sequence[RoleAt]) -> None:
    for one in dict.fromkeys(roles):
        grants.require_held(actor, get_role(session, one.role_id).permissions, one.location_id)
        grants.require_manages(actor, [one.location_id])
        session.add(
            StaffRole(
                org_id=actor.org_id, staff_id=staff_id, role_id=one.role_id, location_id=one.location_id
            )
        )
    session.flush()


def start_enrolment(session: Session, actor: Actor, staff_id: uuid.UUID) -> str:
    """A new enrolment token: password and second factor are set afresh with it. Raises GrantNotHeld."""
    actor.require(Permission.STAFF_MANAGE)
    staff = get_staff(session, staff_id, lock=True)
    grants.require_over(session, actor, staff_id)
    grants.require_manages(actor, _places(session, staff_id))
    return _enrolment_link(session, staff)


def _enrolment_link(session: Session, staff: StaffMember) -> str:
    links.revoke(session, ENROLMENT, staff.id)
    return links.issue(
        session, purpose=ENROLMENT, client_id=None, subject_id=staff.id, lifetime=ENROLMENT_LIFETIME
    )


def accept_enrolment(services: Services, token: str, password: str) -> None:
    """Set the password with an enrolment token; it works once. Raises LinkSpent, Invalid."""
    found = links.find(services.engine, ENROLMENT, token)
    if found is None:
        raise LinkSpent
    # Only for who has a code, for it is made to cost; and with no transaction open.
    hashed = passwords.hash_password(password)
    with session_scope(services.engine, found.org_id) as session:
        try:
            staff_id = links.consume(session, found.link_id).subject_id
        except links.LinkUnusable:
            raise LinkSpent from None
        if staff_id is None:
            raise LinkSpent
        staff = get_staff(session, staff_id, lock=True)
        staff.password_hash = hashed
        staff.totp_secret = None
        staff.totp_last_step = None
        staff.pin_hash = None
        devices.forget(session, StaffFound(found.org_id, staff_id))
        end_sessions(session, staff_id)
        notify(
            session,
            location_id=None,
            permission=Permission.STAFF_MANAGE,
            kind=NoticeKind.STAFF_JOINED,
            subject_id=staff_id,
        )
