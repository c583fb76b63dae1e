"""What a client holds: entitlements that may be used on a day."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from operational.models import Entitlement
from operational.prepaid.entitlements import Held, with_rest


def usable(session: Session, client_id: uuid.UUID, on: date) -> list[Held]:
    """Those with something left, what expires first before the rest."""
    rows = session.scalars(
        select(Entitlement)
        .where(
            Entitlement.client_id == client_id,
            Entitlement.expires_on.is_(None) | (Entitlement.expires_on >= on),
        )
        .order_by(Entitlement.expires_on.nulls_last(), Entitlement.id)
    ).all()
    return [one for one in with_rest(session, rows) if one.remaining_milli]
