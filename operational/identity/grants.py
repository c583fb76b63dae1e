"""The rules of granting: nobody gives, takes or resets what they do not hold, nor where they do not manage;
somebody always stays owner."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel.errors import Forbidden
from medspa.kernel.vocabulary import Permission
from operational.identity import permissions
from operational.identity.access import EVERYWHERE, Actor
from operational.identity.errors import GrantNotHeld, LastOwner

OWNERSHIP = frozenset({Permission.ORGANIZATION_MANAGE, Permission.STAFF_MANAGE})
"""Held everywhere by somebody who can sign in, at all times."""

_LOCK = text(
    "select pg_advisory_xact_lock(hashtextextended('grants:' || current_setting('medspa.org_id'), 0))"
)
_OWNERS = text(
    "select 1 from staff_member s where s.active and cast(:needed as text[]) <@ ("
    " select array_agg(p) from staff_role sr join role r on r.org_id = sr.org_id and r.id = sr.role_id"
    " cross join unnest(r.permissions) p where sr.staff_id = s.id and sr.location_id is null) limit 1"
)


def lock(session: Session) -> None:
    """One change of grants at a time, so that two owners cannot remove each other at once."""
    session.execute(_LOCK)


def require_held(
    actor: Actor, granted: Iterable[Permission | str], location_id: uuid.UUID | None = None
) -> None:
    """Raises GrantNotHeld naming what the actor lacks. Without a location it must be held everywhere."""
    everywhere = actor.permissions.get(None, frozenset())
    held = everywhere | (actor.permissions.get(location_id, frozenset()) if location_id else frozenset())
    lacking = sorted({str(one) for one in granted} - {str(one) for one in held})
    if lacking:
        raise GrantNotHeld("You do not hold " + ", ".join(lacking) + ".", {"permissions": lacking})


def require_manages(actor: Actor, location_ids: Iterable[uuid.UUID | None]) -> None:
    """Raises Forbidden unless the actor manages the staff of all these locations (None: of all there are)."""
    needed = Permission.STAFF_MANAGE
    if needed in actor.permissions.get(EVERYWHERE, frozenset()):
        return
    foreign = [one for one in location_ids if one is None or not actor.may(needed, one)]
    if foreign:
        raise Forbidden(
            "This person has roles at locations whose staff you do not manage."
            if None not in foreign
            else "This person has a role at every location; it needs somebody who manages the staff of all.",
            {
                "permission": needed.value,
                "location_ids": sorted(str(one) for one in set(foreign) if one is not None),
            },
        )


def require_over(session: Session, actor: Actor, staff_id: uuid.UUID) -> None:
    """Raises GrantNotHeld unless the actor holds all that this staff member holds."""
    for location_id, granted in permissions.of_staff(session, staff_id).items():
        require_held(actor, granted, location_id)


def require_owner_left(session: Session) -> None:
    """Call after the change, before the commit. Raises LastOwner."""
    session.flush()
    needed = sorted(one.value for one in OWNERSHIP)
    if session.execute(_OWNERS, {"needed": needed}).first() is None:
        raise LastOwner
