"""A sign-in session of somebody without signing in: the steps of it have tests of their own."""

from __future__ import annotations

import uuid
from datetime import timedelta

from medspa.kernel import clock
from operational.identity import tokens
from operational.models.staff import AuthSession
from tests.support.databases import Database


def session_token(database: Database, org_id: uuid.UUID, staff_id: uuid.UUID) -> str:
    """What the cookie of their session holds; the second factor is done."""
    token, now = tokens.new_token(), clock.now()
    with database.session("owner") as session:
        session.add(
            AuthSession(
                org_id=org_id,
                staff_id=staff_id,
                token_digest=tokens.digest(token),
                csrf_digest=tokens.digest(tokens.csrf_token(token)),
                address="",
                last_seen_at=now,
                expires_at=now + timedelta(hours=12),
                second_factor_at=now,
            )
        )
    return token
