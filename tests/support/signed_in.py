"""A sign-in session of somebody without signing in: the steps of it have tests of their own."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from fastapi.testclient import TestClient

from medspa.kernel import clock
from operational.identity import tokens
from operational.models.staff import AuthSession
from tests.factories.checkout import Shop
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


@contextmanager
def signed_in(http: TestClient, shop: Shop, staff_id: uuid.UUID | None = None) -> Iterator[str]:
    """As somebody's browser; what its forms carry."""
    made = shop.made
    http.cookies.set("medspa_session", session_token(made.database, made.org_id, staff_id or made.owner_id))
    try:
        found = re.search(r'name="csrf-token" content="([^"]+)"', http.get("/clients").text)
        yield found[1] if found else ""
    finally:
        http.cookies.clear()
