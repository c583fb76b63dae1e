"""What happened to a visit, appended with its business date. Never changed, never deleted."""

from __future__ import annotations

from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import AppointmentEvent, CancelReason
from operational.booking.facts import Place
from operational.identity.access import Actor
from operational.models import Appointment, AppointmentHistory


def append(
    session: Session,
    actor: Actor,
    appointment: Appointment,
    place: Place,
    event: AppointmentEvent,
    *,
    reason: CancelReason | None = None,
    override: str | None = None,
) -> None:
    now = clock.now()
    session.add(
        AppointmentHistory(
            org_id=appointment.org_id,
            appointment_id=appointment.id,
            location_id=appointment.location_id,
            event=event,
            happened_at=now,
            business_date=place.business_date(now),
            scheduled_start=appointment.starts_at,
            staff_id=actor.staff_id,
            override=override,
            reason=reason.value if reason is not None else None,
        )
    )
