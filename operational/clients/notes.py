"""Notes of the desk on a client: sealed, with author and time. What is clinical belongs in the chart."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from operational.client_records import of_client, open_client
from operational.identity.access import Actor
from operational.models import ClientNote, StaffMember
from operational.privacy.vault import Vault
from operational.rows import add_row, get_row

SEALED_FOR = "desk_note"
MOST = 200


def write(session: Session, actor: Actor, vault: Vault, client_id: uuid.UUID, body: str) -> ClientNote:
    """Raises Forbidden, NotFound, ClientMerged."""
    actor.require(Permission.CLIENT_WRITE)
    client = open_client(session, client_id)
    sealed = vault.seal(session, client.id, body.encode(), purpose=SEALED_FOR)
    author = actor.staff_id or actor.id
    return add_row(
        session, ClientNote(org_id=actor.org_id, client_id=client.id, author_id=author, body=sealed)
    )


def strike(session: Session, actor: Actor, note_id: uuid.UUID) -> ClientNote:
    """Nobody sees it any more; it is kept. Again changes nothing."""
    actor.require(Permission.CLIENT_WRITE)
    note = get_row(session, ClientNote, note_id, lock=True)
    if note.struck_at is None:
        note.struck_at, note.struck_by = clock.now(), actor.staff_id or actor.id
        session.flush()
    return note


def standing(session: Session, vault: Vault, client_id: uuid.UUID) -> list[dict[str, Any]]:
    """The newest first, over all records of the client."""
    rows = session.execute(
        select(ClientNote, StaffMember.label)
        .outerjoin(
            StaffMember, (StaffMember.org_id == ClientNote.org_id) & (StaffMember.id == ClientNote.author_id)
        )
        .where(of_client(ClientNote.client_id, client_id), ClientNote.struck_at.is_(None))
        .order_by(ClientNote.created_at.desc(), ClientNote.id.desc())
        .limit(MOST)
    )
    return [opened(session, vault, note, author) for note, author in rows]


def opened(session: Session, vault: Vault, note: ClientNote, author: str | None) -> dict[str, Any]:
    body = vault.unseal(session, note.client_id, note.body, purpose=SEALED_FOR)
    return {
        "id": note.id,
        "client_id": note.client_id,
        "author_id": note.author_id,
        "author": author,
        "created_at": note.created_at,
        "body": body.decode(),
    }
