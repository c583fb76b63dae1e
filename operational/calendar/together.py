"""What belongs to a visit beside itself: who comes along, the series it is of, and when they come again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import AppointmentStatus, VisitGroupKind
from operational.booking import groups, queries, rebook
from operational.booking.cancel import WAITING
from operational.booking.facts import load_facts
from operational.booking.queries import VisitRow
from operational.identity.unit import Unit
from operational.models import Appointment, AppointmentItem
from operational.names import client_name

DUE_AFTER = (AppointmentStatus.ARRIVED, AppointmentStatus.COMPLETED)
"""The states in which somebody who goes is asked when they come again."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another visit of the group: whose, for visits of several people, and when."""

    id: uuid.UUID
    who: str | None
    starts_at: datetime
    status: str
    here: bool
    """It is the visit itself."""


@dataclass(frozen=True, slots=True)
class Group:
    id: uuid.UUID
    together: bool
    one_bill: bool
    visits: tuple[Other, ...]
    expected: bool
    """Somebody of the party is still to come, today."""


def group_of(unit: Unit, row: VisitRow) -> Group | None:
    if row.group_id is None:
        return None
    found = groups.get(unit.session, unit.actor, row.group_id)
    together = found.row.kind is VisitGroupKind.TOGETHER
    today = load_facts(unit.session, row.location_id, ()).place.business_date(clock.now())
    return Group(
        row.group_id,
        together,
        found.row.one_bill,
        tuple(
            Other(
                one.id,
                client_name(unit.session, unit.actor, one.client_id, one.location_id) if together else None,
                one.starts_at,
                one.status.value,
                one.id == row.id,
            )
            for one in found.visits
        ),
        together and row.business_date == today and any(one.status in WAITING for one in found.visits),
    )


def coming_of(unit: Unit, row: VisitRow) -> VisitRow | None:
    """The next visit that waits for the client of one that is due again, for any of its services."""
    if row.status not in DUE_AFTER:
        return None
    of_it = select(AppointmentItem.id).where(
        AppointmentItem.org_id == Appointment.org_id,
        AppointmentItem.appointment_id == Appointment.id,
        AppointmentItem.service_id.in_({one.service_id for one in row.items}),
        AppointmentItem.removed_at.is_(None),
    )
    later = select(Appointment.id).where(
        Appointment.client_id == row.client_id,
        Appointment.status.in_(WAITING),
        Appointment.starts_at > row.starts_at,
        of_it.exists(),
    )
    first = unit.session.scalars(later.order_by(Appointment.starts_at, Appointment.id).limit(1)).first()
    return None if first is None else queries.visit(unit.session, first)


def again_of(unit: Unit, row: VisitRow) -> datetime | None:
    """When the visit is due again, or the nearest free time to it; None where nothing of it has a cycle."""
    if row.status not in DUE_AFTER:
        return None
    try:
        found = rebook.proposals(unit.session, unit.actor, row.id)
    except DomainError:
        return None
    return found[0].slots[0].starts_at if found and found[0].slots else None
