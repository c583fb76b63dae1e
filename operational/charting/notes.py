"""Chart notes: a draft by its author, then signed and immutable, then dated addenda only."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import NoteStatus, Permission
from operational.charting.errors import AlreadySigned, NotTheAuthor
from operational.charting.schemas import NewNote
from operational.client_records import open_client
from operational.etag import check_if_match
from operational.identity.access import Actor
from operational.models import Appointment, ChartNote, NoteAddendum
from operational.privacy.vault import Vault
from operational.rows import add_row, get_row

SEALED_FOR = "note"


def write(session: Session, actor: Actor, vault: Vault, client_id: uuid.UUID, sent: NewNote) -> ChartNote:
    """A draft. Raises NotFound for an unknown client or another client's appointment."""
    actor.require(Permission.CHART_WRITE)
    client = open_client(session, client_id)
    if sent.appointment_id is not None:
        visit = get_row(session, Appointment, sent.appointment_id)
        if visit.client_id != client.id:
            raise NotFound("There is no such appointment of this client.")
    return add_row(
        session,
        ChartNote(
            org_id=actor.org_id,
            client_id=client.id,
            appointment_id=sent.appointment_id,
            author_id=actor.staff_id or actor.id,
            status=NoteStatus.DRAFT,
            body=vault.seal(session, client.id, sent.body.encode(), purpose=SEALED_FOR),
        ),
    )


def rewrite(
    session: Session, actor: Actor, vault: Vault, note_id: uuid.UUID, body: str, if_match: str | None
) -> ChartNote:
    """Change a draft's text. Raises AlreadySigned, NotTheAuthor, StaleVersion."""
    note = _own_draft(session, actor, note_id, if_match, Permission.CHART_WRITE)
    note.body = vault.seal(session, note.client_id, body.encode(), purpose=SEALED_FOR)
    session.flush()
    session.refresh(note)
    return note


def sign(session: Session, actor: Actor, note_id: uuid.UUID, if_match: str | None) -> ChartNote:
    """Sign a draft; from now on it never changes. Raises AlreadySigned, NotTheAuthor, StaleVersion."""
    note = _own_draft(session, actor, note_id, if_match, Permission.CHART_SIGN)
    note.status = NoteStatus.SIGNED
    note.signed_at = clock.now()
    session.flush()
    session.refresh(note)
    return note


def add(session: Session, actor: Actor, vault: Vault, note_id: uuid.UUID, body: str) -> NoteAddendum:
    """A dated addition to a signed note. Raises AlreadySigned's opposite as Invalid through the draft."""
    actor.require(Permission.CHART_WRITE)
    note = get_row(session, ChartNote, note_id)
    if note.status is not NoteStatus.SIGNED:
        raise NotTheAuthor("This note is a draft: edit it, or have its author sign it first.")
    return add_row(
        session,
        NoteAddendum(
            org_id=actor.org_id,
            note_id=note.id,
            client_id=note.client_id,
            author_id=actor.staff_id or actor.id,
            body=vault.seal(session, note.client_id, body.encode(), purpose=SEALED_FOR),
        ),
    )


def opened(session: Session, vault: Vault, note: ChartNote) -> dict[str, Any]:
    """A note's values with its text and addenda in clear."""
    addenda = session.scalars(
        select(NoteAddendum).where(NoteAddendum.note_id == note.id).order_by(NoteAddendum.id)
    )
    return {
        "id": note.id,
        "client_id": note.client_id,
        "appointment_id": note.appointment_id,
        "author_id": note.author_id,
        "status": note.status,
        "created_at": note.created_at,
        "signed_at": note.signed_at,
        "version": note.version,
        "body": _text(session, vault, note.client_id, note.body),
        "addenda": [
            {
                "id": one.id,
                "client_id": one.client_id,
                "author_id": one.author_id,
                "created_at": one.created_at,
                "body": _text(session, vault, one.client_id, one.body),
            }
            for one in addenda
        ],
    }


def _text(session: Session, vault: Vault, client_id: uuid.UUID, sealed: bytes) -> str:
    return vault.unseal(session, client_id, sealed, purpose=SEALED_FOR).decode()


def _own_draft(
    session: Session, actor: Actor, note_id: uuid.UUID, if_match: str | None, permission: Permission
) -> ChartNote:
    actor.require(permission)
    note = get_row(session, ChartNote, note_id, lock=True)
    if note.status is NoteStatus.SIGNED:
        raise AlreadySigned("Add an addendum instead.")
    if note.author_id != (actor.staff_id or actor.id):
        raise NotTheAuthor("Ask its author, or write a note of your own.")
    check_if_match(note, if_match)
    return note
