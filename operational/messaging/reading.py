"""Messages as the desk reads them: to one client, those nobody knows the outcome of, and what came back."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import MessageStatus, Permission
from operational import links
from operational.client_records import of_client
from operational.identity.access import Actor
from operational.messaging.claim import sealed_body
from operational.messaging.errors import OutcomeKnown
from operational.messaging.incoming import INCOMING_BODY
from operational.messaging.outbox import unseal_of
from operational.models import Client, IncomingMessage, Message
from operational.paging import decode, encode
from operational.rows import get_row

Shown = dict[str, Any]


def to_client(
    session: Session, actor: Actor, client_id: uuid.UUID, limit: int, cursor: str | None
) -> tuple[list[Shown], str | None]:
    """What a client was or will be sent by locations whose clients the actor may read, newest first."""
    get_row(session, Client, client_id)
    written = select(Message).where(of_client(Message.client_id, client_id))
    return _messages(session, actor, written, limit, cursor)


def with_status(
    session: Session, actor: Actor, status: MessageStatus, limit: int, cursor: str | None
) -> tuple[list[Shown], str | None]:
    return _messages(session, actor, select(Message).where(Message.status == status), limit, cursor)


def replies(session: Session, actor: Actor, limit: int, cursor: str | None) -> tuple[list[Shown], str | None]:
    """What clients wrote, newest first: to locations whose clients the actor may read, or to none of them."""
    statement = select(IncomingMessage)
    places = actor.places_of(Permission.CLIENT_READ)
    if places is not None:
        at = IncomingMessage.location_id
        statement = statement.where(at.in_(places) | at.is_(None))
    if cursor is not None:
        statement = statement.where(IncomingMessage.id < decode(cursor))
    rows = session.scalars(statement.order_by(IncomingMessage.id.desc()).limit(limit + 1)).all()
    shown = [
        {
            "id": row.id, "client_id": row.client_id, "location_id": row.location_id,
            "appointment_id": row.appointment_id, "meaning": row.meaning, "received_at": row.created_at,
            "text": links.without_links(unseal_of(session, row.client_id, row.body, INCOMING_BODY).decode()),
        }
        for row in rows[:limit]
    ]  # fmt: skip
    return shown, encode(rows[limit - 1].id) if len(rows) > limit else None


def settle(session: Session, actor: Actor, message_id: uuid.UUID, arrived: bool) -> Shown:
    """Somebody found out what became of a message. Raises OutcomeKnown."""
    message = get_row(session, Message, message_id, lock=True)
    actor.require(Permission.BOOKING_WRITE, message.location_id)
    if message.status is not MessageStatus.UNKNOWN:
        raise OutcomeKnown("Only a message of unknown outcome is settled by hand.")
    message.status = MessageStatus.SENT if arrived else MessageStatus.FAILED
    message.code = "settled_by_hand"
    message.sent_at = message.claimed_at or clock.now() if arrived else None
    session.flush()
    return _shown(session, message)


def _messages(
    session: Session, actor: Actor, statement: Select[Any], limit: int, cursor: str | None
) -> tuple[list[Shown], str | None]:
    places = actor.places_of(Permission.CLIENT_READ)
    if places is not None:
        statement = statement.where(Message.location_id.in_(places))
    if cursor is not None:
        statement = statement.where(Message.id < decode(cursor))
    rows = session.scalars(statement.order_by(Message.id.desc()).limit(limit + 1)).all()
    more = encode(rows[limit - 1].id) if len(rows) > limit else None
    return [_shown(session, one) for one in rows[:limit]], more


def _shown(session: Session, message: Message) -> Shown:
    said = sealed_body(session, message)
    names = (
        "id", "client_id", "location_id", "appointment_id", "kind", "channel", "status", "code", "due_at",
        "sent_at", "delivered_at",
    )  # fmt: skip
    return {
        **{name: getattr(message, name) for name in names},
        "sent_to": said.get("to"), "subject": said.get("subject"),
        "text": links.without_links(said.get("text") or "") or None,
    }  # fmt: skip
