"""What refers to a visit and goes on with the one that takes its place. Deposits are checkout's."""

from __future__ import annotations

import uuid

from sqlalchemy import update
from sqlalchemy.orm import Session

from operational import links
from operational.models import LinkToken, OnlineBooking


def carry_on(session: Session, old_id: uuid.UUID, new_id_: uuid.UUID) -> None:
    """The client's links and the booking they made themselves are about the new visit from now on."""
    session.execute(
        update(LinkToken)
        .where(LinkToken.purpose == links.APPOINTMENT, LinkToken.subject_id == old_id)
        .values(subject_id=new_id_)
    )
    session.execute(
        update(OnlineBooking).where(OnlineBooking.appointment_id == old_id).values(appointment_id=new_id_)
    )
