"""Saving client records. Every save looks for doubles while it holds the locks of the person's details."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.ids import new_client_key, new_id
from medspa.kernel.vocabulary import Permission
from operational.clients import duplicates
from operational.clients.duplicates import Duplicate
from operational.etag import check_if_match
from operational.identity.access import Actor
from operational.models.client import Client
from operational.models.organization import Location
from operational.rows import get_row

IDENTIFYING = frozenset({"first_name", "last_name", "phone", "email", "birth_date"})
EARLIEST_BIRTH = date(1900, 1, 1)


def create_client(
    session: Session, actor: Actor, values: Mapping[str, Any]
) -> tuple[Client, list[Duplicate]]:
    """The new record and the records it may be a double of, which are flagged for a decision."""
    client = _new(session, actor, values)
    duplicates.lock_identity(session, actor.org_id, client)
    session.add(client)
    session.flush()
    return client, _flagged(session, client)


def create_unmatched(session: Session, actor: Actor, values: Mapping[str, Any]) -> Client:
    """A new record of somebody who must not learn, by answer or by time, whether they are known.

    `match_client` is called for it afterwards, by somebody else.
    """
    client = _new(session, actor, values)
    session.add(client)
    session.flush()
    return client


def match_client(session: Session, client: Client) -> list[Duplicate]:
    """Look for records of the same person and flag them for a decision."""
    duplicates.lock_identity(session, client.org_id, client)
    return _flagged(session, client)


def _flagged(session: Session, client: Client) -> list[Duplicate]:
    found = duplicates.find(session, client)
    duplicates.flag(session, client, found)
    return found


def _new(session: Session, actor: Actor, values: Mapping[str, Any]) -> Client:
    actor.require(Permission.CLIENT_WRITE)
    _check(session, values)
    client = Client(org_id=actor.org_id, id=new_id(), client_key=new_client_key(), **values)
    client.flags = sorted(set(client.flags))
    return client


def edit_client(
    session: Session, actor: Actor, client_id: uuid.UUID, if_match: str | None, values: Mapping[str, Any]
) -> tuple[Client, list[Duplicate]]:
    """Raises NotFound, VersionMissing, StaleVersion, Invalid."""
    actor.require(Permission.CLIENT_WRITE)
    client = get_row(session, Client, client_id, lock=True)
    check_if_match(client, if_match)
    if client.merged_into_id is not None:
        raise Invalid("This record was merged; edit the one it was merged into.")
    _check(session, values)
    for name, value in values.items():
        setattr(client, name, sorted(set(value)) if name == "flags" and value else value)
    identifying = IDENTIFYING & values.keys()
    if identifying:
        with session.no_autoflush:
            duplicates.lock_identity(session, actor.org_id, client)
    session.flush()
    session.refresh(client)
    return client, _flagged(session, client) if identifying else []


def _check(session: Session, values: Mapping[str, Any]) -> None:
    for name in ("first_name", "last_name", "flags"):
        if name in values and values[name] is None:
            raise Invalid(f"{name}: this cannot be empty.")
    born = values.get("birth_date")
    # The day has begun somewhere on earth up to 14 hours before it does in UTC.
    if born is not None and not EARLIEST_BIRTH <= born <= clock.business_date(
        clock.now(), "Pacific/Kiritimati", 0
    ):
        raise Invalid("birth_date: choose a date between 1900 and today.")
    if values.get("home_location_id") is not None:
        get_row(session, Location, values["home_location_id"])
