"""Facts that the chart's rules rest on: the item's visit, credentials, business dates."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import NotFound
from operational.models import Appointment, AppointmentItem, Credential, Location, Service


@dataclass(frozen=True, slots=True)
class Performed:
    """An item of a visit with what a treatment record takes from it."""

    item: AppointmentItem
    appointment: Appointment
    service: Service
    business_date: dt.date
    """The location's business date of now."""


def business_date_at(session: Session, location_id: uuid.UUID, instant: dt.datetime | None = None) -> dt.date:
    """The business date at a location, of now unless `instant` is given. Raises NotFound."""
    row = session.execute(
        select(Location.timezone, Location.cutover_hour).where(Location.id == location_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such location.")
    return clock.business_date(instant or clock.now(), row.timezone, row.cutover_hour)


def item_of_visit(session: Session, item_id: uuid.UUID) -> Performed:
    """The item, its visit and service. Raises NotFound."""
    row = session.execute(
        select(AppointmentItem, Appointment, Service)
        .join(
            Appointment,
            (Appointment.org_id == AppointmentItem.org_id)
            & (Appointment.id == AppointmentItem.appointment_id),
        )
        .join(
            Service,
            (Service.org_id == AppointmentItem.org_id) & (Service.id == AppointmentItem.service_id),
        )
        .where(AppointmentItem.id == item_id, AppointmentItem.removed_at.is_(None))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such appointment item.")
    item, appointment, service = row
    return Performed(item, appointment, service, business_date_at(session, appointment.location_id))


def holds_credential(
    session: Session, staff_id: uuid.UUID, category_id: uuid.UUID, location_id: uuid.UUID, on: dt.date
) -> bool:
    """Whether the provider may perform the category at the location on the date."""
    found = session.scalar(
        select(Credential.id)
        .where(
            Credential.staff_id == staff_id,
            Credential.category_id == category_id,
            Credential.location_id == location_id,
            Credential.valid_from <= on,
            Credential.valid_until > on,
        )
        .limit(1)
    )
    return found is not None
