"""How long a service takes with one client, where that is not the service's own time.

Kept as it is said, the latest counting, so that a merge has nothing to decide: all records of a person are
read together. What a visit that stands takes is the visit's own.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Permission
from operational.client_records import of_client, open_client
from operational.identity.access import Actor
from operational.models import ClientDuration, Service
from operational.rows import get_row


def set_minutes(
    session: Session, actor: Actor, client_id: uuid.UUID, service_id: uuid.UUID, minutes: int | None
) -> ClientDuration:
    """Hands-on time of the service for visits of this client that are booked from now on; None: as usual.

    Raises NotFound, ClientMerged.
    """
    actor.require(Permission.BOOKING_WRITE)
    # One after the other, so that the latest is the latest.
    open_client(session, client_id, lock=True)
    get_row(session, Service, service_id)
    row = ClientDuration(
        org_id=actor.org_id, client_id=client_id, service_id=service_id, minutes=minutes,
        set_by=actor.staff_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def durations(session: Session, client_id: uuid.UUID) -> Sequence[ClientDuration]:
    """What is said of the client now, one a service."""
    latest = (
        select(ClientDuration)
        .where(of_client(ClientDuration.client_id, client_id))
        .ext(distinct_on(ClientDuration.service_id))
        .order_by(ClientDuration.service_id, ClientDuration.created_at.desc(), ClientDuration.id.desc())
    )
    return [one for one in session.scalars(latest) if one.minutes is not None]
