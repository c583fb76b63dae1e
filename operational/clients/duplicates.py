"""Records that look like one person: found and flagged when a client is saved. Merging is not done here."""

from __future__ import annotations

import hashlib
import uuid
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from medspa.kernel.ids import new_id
from operational.clients.search import fold
from operational.models.client import Client, ClientDuplicate

PHONE, EMAIL, NAME_BIRTH_DATE = "phone", "email", "name_birth_date"

_LOCK = text("select pg_advisory_xact_lock(k) from unnest(cast(:keys as bigint[])) k order by k")


class Duplicate(NamedTuple):
    client: Client
    reason: str


def lock_identity(session: Session, org_id: uuid.UUID, client: Client) -> None:
    """Two desks that save the same person at once wait for each other, so that the second sees the first.

    Locks are taken in one order for everybody. Hold them before looking for duplicates.
    """
    parts = []
    if client.phone:
        parts.append(f"{PHONE}:{client.phone}")
    if client.email:
        parts.append(f"{EMAIL}:{client.email.lower()}")
    if client.birth_date:
        # The name is left out: its folding is the database's. Same birthday at one moment: a short wait.
        parts.append(f"{NAME_BIRTH_DATE}:{client.birth_date.isoformat()}")
    if parts:
        keys = sorted(_key(f"{org_id}:{part}") for part in parts)
        session.execute(_LOCK, {"keys": keys})


def _key(value: str) -> int:
    return int.from_bytes(hashlib.sha256(value.encode()).digest()[:8], "big", signed=True)


def find(session: Session, client: Client) -> list[Duplicate]:
    """Other records with the same phone, e-mail address, or name and birth date; each with one reason."""
    reasons: list[tuple[str, ColumnElement[bool]]] = []
    if client.phone:
        reasons.append((PHONE, Client.phone == client.phone))
    if client.email:
        reasons.append((EMAIL, Client.email_key == func.lower(client.email)))
    if client.birth_date:
        same_name = and_(
            Client.last_name_key == fold(client.last_name), Client.first_name_key == fold(client.first_name)
        )
        reasons.append((NAME_BIRTH_DATE, and_(Client.birth_date == client.birth_date, same_name)))
    found: dict[uuid.UUID, Duplicate] = {}
    others = and_(Client.id != client.id, Client.merged_into_id.is_(None))
    for reason, condition in reasons:
        for row in session.scalars(select(Client).where(others, condition).order_by(Client.id).limit(20)):
            found.setdefault(row.id, Duplicate(row, reason))
    return list(found.values())


def flag(session: Session, client: Client, duplicates: list[Duplicate]) -> None:
    """Remember each pair once, the younger record first."""
    if not duplicates:
        return
    rows = []
    for other, reason in duplicates:
        younger, older = sorted((client.id, other.id), reverse=True)
        rows.append(
            {
                "org_id": client.org_id,
                "id": new_id(),
                "client_id": younger,
                "other_client_id": older,
                "reason": reason,
            }
        )
    session.execute(insert(ClientDuplicate).values(rows).on_conflict_do_nothing())


def flagged(session: Session, client_id: uuid.UUID) -> list[Duplicate]:
    """The pairs of a client that nobody has decided on yet."""
    other = and_(
        or_(
            and_(ClientDuplicate.client_id == client_id, Client.id == ClientDuplicate.other_client_id),
            and_(ClientDuplicate.other_client_id == client_id, Client.id == ClientDuplicate.client_id),
        ),
        Client.org_id == ClientDuplicate.org_id,
    )
    statement = (
        select(Client, ClientDuplicate.reason)
        .join(ClientDuplicate, other)
        .where(ClientDuplicate.resolved_at.is_(None), Client.merged_into_id.is_(None))
        .order_by(Client.id)
        .limit(100)
    )
    return [Duplicate(row, reason) for row, reason in session.execute(statement)]
