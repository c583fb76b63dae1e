"""From what a request carries (a key or a cookie) to the actor behind it. Sign-in itself lives beside it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Unauthenticated
from medspa.kernel.vocabulary import ActorKind
from operational.directory import lookup
from operational.identity import permissions, tokens
from operational.identity.access import Actor
from operational.identity.errors import CsrfMissing, EnrolmentRequired

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# The record and its owner's roles in one round trip: one row per role, or one without any.
_KEY = text(
    "select a.created_by, a.scopes, a.location_id, held.place, held.permissions from api_key a"
    " left join lateral (select sr.location_id as place, r.permissions from staff_role sr"
    " join role r on r.org_id = sr.org_id and r.id = sr.role_id"
    " where sr.org_id = a.org_id and sr.staff_id = a.created_by) held on true where a.id = :id"
)
_SESSION = text(
    "select a.csrf_digest, a.second_factor_at, held.place, held.permissions from auth_session a"
    " left join lateral (select sr.location_id as place, r.permissions from staff_role sr"
    " join role r on r.org_id = sr.org_id and r.id = sr.role_id"
    " where sr.org_id = a.org_id and sr.staff_id = a.staff_id) held on true where a.id = :id"
)


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request carries to say who it is."""

    method: str
    bearer: str | None = None
    cookie: str | None = None
    csrf: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The organization a request belongs to, and how to load its actor in a session bound to it."""

    org_id: uuid.UUID
    load: Callable[[Session], Actor]
    session_id: uuid.UUID | None = None
    staff_id: uuid.UUID | None = None


def recognise(
    engine: Engine, presented: Presented, idle: timedelta, *, half_signed_in: bool = False
) -> Known:
    """Whose request this is. Raises Unauthenticated; a key takes precedence over a cookie.

    `half_signed_in` lets a session through that has not passed its second factor yet, without any
    permission: only enrolment and sign-out ask for that.
    """
    now = clock.now()
    if presented.bearer:
        key = lookup.by_api_key(engine, tokens.digest(presented.bearer), now)
        if key is None:
            raise Unauthenticated("This API key is unknown, expired or revoked.")
        return Known(key.org_id, lambda session: _key_actor(session, key))
    if presented.cookie:
        found = lookup.by_session(engine, tokens.digest(presented.cookie), now, idle)
        if found is None:
            raise Unauthenticated("Your session has ended; sign in again.")
        return Known(
            found.org_id,
            lambda session: _session_actor(session, found, presented, half_signed_in),
            session_id=found.session_id,
            staff_id=found.staff_id,
        )
    raise Unauthenticated


def _key_actor(session: Session, key: lookup.KeyFound) -> Actor:
    """A key never outlives its creator's own rights: its scopes are cut to what they hold today."""
    rows = session.execute(_KEY, {"id": key.key_id}).all()
    row, held = rows[0], permissions.collect((one.place, one.permissions) for one in rows)
    return Actor(
        org_id=key.org_id,
        kind=ActorKind.API_KEY,
        id=key.key_id,
        staff_id=row.created_by,
        origin="http",
        permissions=permissions.restrict(held, row.scopes, row.location_id),
    )


def _session_actor(
    session: Session, found: lookup.SessionFound, presented: Presented, half_signed_in: bool
) -> Actor:
    rows = session.execute(_SESSION, {"id": found.session_id}).all()
    row, held = rows[0], permissions.collect((one.place, one.permissions) for one in rows)
    if presented.method not in SAFE_METHODS and not (
        presented.csrf and tokens.matches(presented.csrf, row.csrf_digest)
    ):
        raise CsrfMissing
    complete = row.second_factor_at is not None
    if not complete and not half_signed_in:
        raise EnrolmentRequired
    return Actor(
        org_id=found.org_id,
        kind=ActorKind.STAFF,
        id=found.staff_id,
        staff_id=found.staff_id,
        origin="http",
        permissions=held if complete else {},
    )
