"""Calls of the directory's database functions, each in a transaction of its own.

They answer with ids only. Everything about the records behind the ids is read afterwards, in a session
bound to the organization.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Engine, text

SEEN_GRAIN = timedelta(seconds=15)
"""A session's last use is written at most this often."""


class KeyFound(NamedTuple):
    org_id: uuid.UUID
    key_id: uuid.UUID


class SessionFound(NamedTuple):
    org_id: uuid.UUID
    session_id: uuid.UUID
    staff_id: uuid.UUID


class StaffFound(NamedTuple):
    org_id: uuid.UUID
    staff_id: uuid.UUID


class LinkFound(NamedTuple):
    org_id: uuid.UUID
    link_id: uuid.UUID


_API_KEY = text("select org_id, key_id from directory.api_key(:digest, :now)")
_SESSION = text("select org_id, session_id, staff_id from directory.session(:digest, :now, :idle, :grain)")
_STAFF = text("select org_id, staff_id from directory.staff_by_email(:digest)")
_LINK = text("select org_id, link_id from directory.link(:digest, :purpose, :now)")
_ORGANIZATIONS = text("select org_id from directory.organizations()")
_BY_SLUG = text("select org_id from directory.organization_by_slug(:slug)")


def ask(engine: Engine, statement: Any, **values: Any) -> list[Any]:
    """What a function of the directory answers."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return list(connection.execute(statement, values))


def by_api_key(engine: Engine, digest: str, now: datetime) -> KeyFound | None:
    """The organization and id of a key that is neither expired nor revoked."""
    rows = ask(engine, _API_KEY, digest=digest, now=now)
    return KeyFound(*rows[0]) if rows else None


def by_session(engine: Engine, digest: str, now: datetime, idle: timedelta) -> SessionFound | None:
    """The session of a cookie, unless it has ended, expired or idled; marks it as used."""
    rows = ask(engine, _SESSION, digest=digest, now=now, idle=idle, grain=min(SEEN_GRAIN, idle / 4))
    return SessionFound(*rows[0]) if rows else None


def by_email(engine: Engine, digest: str) -> list[StaffFound]:
    """Active staff members with this e-mail address, in every organization."""
    return [StaffFound(*row) for row in ask(engine, _STAFF, digest=digest)]


def by_link(engine: Engine, digest: str, purpose: str, now: datetime) -> LinkFound | None:
    """A link that is live for this purpose: not expired, revoked or consumed."""
    rows = ask(engine, _LINK, digest=digest, purpose=purpose, now=now)
    return LinkFound(*rows[0]) if rows else None


def organizations(engine: Engine) -> list[uuid.UUID]:
    """Every organization's id, for workers that serve them one after the other."""
    return [row[0] for row in ask(engine, _ORGANIZATIONS)]


def organization_by_slug(engine: Engine, slug: str) -> uuid.UUID | None:
    rows = ask(engine, _BY_SLUG, slug=slug)
    return rows[0][0] if rows else None
