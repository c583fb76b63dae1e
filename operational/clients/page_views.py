"""What the pages of clients show beside the API's answers: visits and own lengths, by name of the service."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql import func

from medspa.kernel import clock
from medspa.kernel.vocabulary import AppointmentStatus
from operational.booking import lasting
from operational.booking.duration_endpoints import VIEW, DurationOut
from operational.identity.unit import Unit
from operational.models import Appointment, AppointmentItem, Location, Service, StaffMember
from operational.names import names_of
from operational.privacy.schemas import PhiSchema, render_many

MOST_VISITS = 30


class VisitLine(PhiSchema):
    """A visit in a list. What it is for is booking's word, not the chart's."""

    id: uuid.UUID
    client_id: uuid.UUID
    status: AppointmentStatus
    starts_at: datetime
    location: str
    services: list[str]
    providers: list[str]


@dataclass(frozen=True, slots=True)
class Length:
    """A service that takes its own time with the client."""

    service_id: uuid.UUID
    service: str
    minutes: int


def durations(unit: Unit, client_id: uuid.UUID) -> list[Length]:
    rows = render_many(
        unit.session, unit.actor, VIEW, DurationOut, lasting.durations(unit.session, client_id)
    )
    names = names_of(unit.session, Service, [one.service_id for one in rows])
    found = [Length(one.service_id, names[one.service_id], one.minutes) for one in rows if one.minutes]
    return sorted(found, key=lambda one: one.service)


def visits(unit: Unit, client_id: uuid.UUID) -> tuple[list[VisitLine], list[VisitLine]]:
    """(to come, the nearest first; past, the latest first), at the locations the actor works at."""
    rows = unit.session.execute(
        select(
            Appointment.id,
            Appointment.client_id,
            Appointment.status,
            Appointment.starts_at,
            Location.name.label("location"),
            Location.timezone,
            func.array_agg(aggregate_order_by(Service.name, AppointmentItem.position)).label("services"),
            func.array_agg(func.distinct(StaffMember.label)).label("providers"),
        )
        .join(Location, (Location.org_id == Appointment.org_id) & (Location.id == Appointment.location_id))
        .join(
            AppointmentItem,
            (AppointmentItem.org_id == Appointment.org_id)
            & (AppointmentItem.appointment_id == Appointment.id)
            & AppointmentItem.removed_at.is_(None),
        )
        .join(
            Service, (Service.org_id == AppointmentItem.org_id) & (Service.id == AppointmentItem.service_id)
        )
        .join(
            StaffMember,
            (StaffMember.org_id == AppointmentItem.org_id) & (StaffMember.id == AppointmentItem.provider_id),
        )
        .where(Appointment.client_id == client_id)
        .group_by(
            Appointment.id, Appointment.client_id, Appointment.status, Appointment.starts_at,
            Location.name, Location.timezone,
        )
        .order_by(Appointment.starts_at.desc())
        .limit(MOST_VISITS)
    )  # fmt: skip
    shown = render_many(unit.session, unit.actor, "client.visits", VisitLine, map(_local, rows))
    now = clock.now()
    coming = [one for one in shown if one.starts_at > now and not one.status.is_final]
    return coming[::-1], [one for one in shown if one not in coming]


def _local(row: Any) -> dict[str, Any]:
    return {**row._mapping, "starts_at": row.starts_at.astimezone(ZoneInfo(row.timezone))}
