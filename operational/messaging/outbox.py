"""Messages are written here, in the transaction of whatever they tell about; a worker sends them afterwards.

Whether, how and in which words a message goes out is decided when it is claimed (claim.py): what a client
allows, where a visit stands and which text counts may all have changed by then.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import organization_of
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Channel, MessageKind, MessageStatus
from operational.messaging.fields import GIVEN
from operational.models import Message
from operational.privacy.vault import vault_of

PARTS = "message.parts"
LONGEST_VALUE = 80
KEPT = timedelta(hours=24)
"""How long a message that says no other time is worth sending."""


def queue(
    session: Session,
    *,
    kind: MessageKind,
    client_id: uuid.UUID | None,
    location_id: uuid.UUID,
    appointment_id: uuid.UUID | None = None,
    lead_id: uuid.UUID | None = None,
    channels: Sequence[Channel] | None = None,
    due_at: datetime | None = None,
    drop_after: datetime | None = None,
    dedupe: str,
    link: str | None = None,
    fields: Mapping[str, str] | None = None,
) -> list[uuid.UUID]:
    """Schedule a message to a client or a lead; the ids of what is new. Committed with the caller.

    `channels`: one message on each; None: one, on whichever reaches the person. `dedupe` names what may be
    written once only: the same again adds nothing. `link` and `fields` (date, time, until) are sealed; a
    message about an appointment knows its date and time itself. After `drop_after` (a day) it is not sent.
    """
    given = dict(fields or {})
    if unknown := sorted(set(given) - GIVEN):
        raise ValueError(f"no field of a message: {unknown[0]}")
    if (client_id is None) == (lead_id is None):
        raise ValueError("a message goes to a client or to a lead")
    parts = {name: value[:LONGEST_VALUE] for name, value in given.items()}
    if link is not None:
        parts["link"] = link
    sealed = seal_for(session, client_id, json.dumps(parts).encode(), PARTS) if parts else None
    made = []
    for channel in channels or (None,):
        row = {
            "org_id": organization_of(session),
            "id": new_id(),
            "location_id": location_id,
            "client_id": client_id,
            "lead_id": lead_id,
            "appointment_id": appointment_id,
            "about_start": _start_of(session, appointment_id),
            "kind": kind,
            "channel": channel,
            "status": MessageStatus.SCHEDULED,
            "dedupe": f"{dedupe}:{channel.value}" if channel else dedupe,
            "due_at": due_at or clock.now(),
            "drop_after": drop_after or (due_at or clock.now()) + KEPT,
            "attempts": 0,
            "parts": sealed,
            "created_at": clock.now(),
        }
        statement = insert(Message).values(row).on_conflict_do_nothing(index_elements=["org_id", "dedupe"])
        made += list(session.scalars(statement.returning(Message.id)))
    return made


def parts_of(session: Session, message: Message) -> dict[str, str]:
    """What whoever queued the message said."""
    if message.parts is None:
        return {}
    found: dict[str, str] = json.loads(unseal_of(session, message.client_id, message.parts, PARTS))
    return found


def seal_for(session: Session, client_id: uuid.UUID | None, plain: bytes, purpose: str) -> bytes:
    """Under the client's key; of somebody who is no client, under the organization's."""
    vault = vault_of(session)
    if client_id is None:
        return vault.seal_for_organization(session, plain, purpose=purpose)
    return vault.seal(session, client_id, plain, purpose=purpose)


def unseal_of(session: Session, client_id: uuid.UUID | None, sealed: bytes, purpose: str) -> bytes:
    vault = vault_of(session)
    if client_id is None:
        return vault.unseal_for_organization(session, sealed, purpose=purpose)
    return vault.unseal(session, client_id, sealed, purpose=purpose)


def _start_of(session: Session, appointment_id: uuid.UUID | None) -> datetime | None:
    if appointment_id is None:
        return None
    start: datetime | None = session.scalar(
        text("select starts_at from appointment where id = :id"), {"id": appointment_id}
    )
    return start
