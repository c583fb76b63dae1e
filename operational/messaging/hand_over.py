"""Messages to a lead become their messages as a client: nothing that was written is lost or left behind.

What still waits when a lead has booked or is closed is not sent.
"""

from __future__ import annotations

import uuid

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import MessageStatus
from operational.messaging.claim import BODY
from operational.messaging.outbox import PARTS
from operational.models import Message
from operational.privacy.vault import Vault


def withdraw(session: Session, lead_id: uuid.UUID) -> None:
    """Messages that still wait say what is not so any more: the lead has booked, or is closed."""
    session.execute(
        update(Message)
        .where(Message.lead_id == lead_id, Message.status == MessageStatus.SCHEDULED)
        .values(status=MessageStatus.CANCELLED, code="not_waiting")
    )


def hand_over(session: Session, vault: Vault, lead_id: uuid.UUID, client_id: uuid.UUID) -> None:
    """In the transaction that makes a client of the lead: sealed anew under the client's key."""
    asked = select(Message).where(Message.lead_id == lead_id).order_by(Message.id).with_for_update()
    for message in session.scalars(asked):
        for name, purpose in (("parts", PARTS), ("body", BODY)):
            sealed = getattr(message, name)
            if sealed is not None:
                plain = vault.unseal_for_organization(session, sealed, purpose=purpose)
                setattr(message, name, vault.seal(session, client_id, plain, purpose=purpose))
        message.lead_id, message.client_id = None, client_id
    session.flush()
