"""API keys: made, listed and revoked. The key itself is shown once; its digest is stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import Permission
from operational.identity import grants, tokens
from operational.identity.access import Actor
from operational.models.staff import ApiKey


def create_key(
    session: Session,
    actor: Actor,
    *,
    name: str,
    scopes: Iterable[Permission],
    location_id: uuid.UUID | None,
    expires_at: datetime | None,
) -> tuple[ApiKey, str]:
    """The key's record and the key. Its scopes are among the creator's permissions, now and later."""
    actor.require(Permission.API_KEY_MANAGE, location_id)
    wanted = set(scopes)
    grants.require_held(actor, wanted, location_id)
    if expires_at is not None and expires_at <= clock.now():
        raise Invalid("expires_at: choose a time in the future.")
    if actor.staff_id is None:
        raise Invalid("Only a staff member can answer for a key.")
    token = tokens.new_api_key()
    key = ApiKey(
        org_id=actor.org_id,
        name=name,
        key_digest=tokens.digest(token),
        scopes=sorted(wanted),
        location_id=location_id,
        created_by=actor.staff_id,
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    return key, token


def revoke_key(session: Session, actor: Actor, key_id: uuid.UUID) -> ApiKey:
    """The key stops working with the next request. Revoking again changes nothing."""
    key = session.scalar(select(ApiKey).where(ApiKey.id == key_id).with_for_update())
    if key is None:
        raise NotFound("There is no such key.")
    actor.require(Permission.API_KEY_MANAGE, key.location_id)
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        session.flush()
        session.refresh(key)
    return key
