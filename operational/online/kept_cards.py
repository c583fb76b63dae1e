"""The cards that clients left with the processor: which are kept, and taking one off.

How one comes to be kept is whose.py's; what is charged to it is card_fees.py's.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import Permission
from operational.client_records import of_client, records_of
from operational.identity.access import Actor
from operational.models import ClientCard
from operational.privacy.schemas import PhiSchema
from operational.rows import get_row


class KeptCard(PhiSchema):
    """A card by what it is called; its number never reached us."""

    id: uuid.UUID
    client_id: uuid.UUID
    brand: str
    last_four: str
    created_at: datetime


def kept(session: Session, client_id: uuid.UUID) -> list[ClientCard]:
    """Over all records of the client, the latest first."""
    rows = select(ClientCard).where(
        of_client(ClientCard.client_id, client_id), ClientCard.removed_at.is_(None)
    )
    return list(session.scalars(rows.order_by(ClientCard.id.desc())))


def remove(session: Session, actor: Actor, client_id: uuid.UUID, card_id: uuid.UUID) -> None:
    """Nothing is charged to it any more; fees stay owed. Again changes nothing. Raises NotFound."""
    actor.require(Permission.CLIENT_WRITE)
    card = get_row(session, ClientCard, card_id, lock=True)
    if card.client_id not in records_of(session, client_id):
        raise NotFound("The client left no such card.")
    if card.removed_at is None:
        card.removed_at = clock.now()
        session.flush()
