"""Who may be billed for a visit: its client, or who booked for people who come together on one bill."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from operational.client_records import of_client
from operational.models import Appointment, VisitGroup, VisitGroupMember


def may_pay(session: Session, appointment: Appointment, client_id: uuid.UUID) -> bool:
    if appointment.client_id == client_id:
        return True
    booker = (
        select(VisitGroup.id)
        .join(
            VisitGroupMember,
            (VisitGroupMember.org_id == VisitGroup.org_id) & (VisitGroupMember.group_id == VisitGroup.id),
        )
        .where(
            VisitGroupMember.appointment_id == appointment.id,
            VisitGroup.one_bill,
            of_client(VisitGroup.booker_id, client_id),
        )
    )
    return session.scalars(booker).first() is not None
