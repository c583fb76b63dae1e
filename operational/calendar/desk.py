"""What booking from any page begins with: where it is, and its services, recently used first."""

from __future__ import annotations

import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from operational.identity.unit import Unit
from operational.models import Location

RECENT = timedelta(days=60)
_SERVICES = text(
    """
    with used as (
        select i.service_id, count(*) as often
        from appointment a join appointment_item i on i.appointment_id = a.id
        where a.location_id = :location and a.booked_by = :staff and a.starts_at > :since
        group by i.service_id
    )
    select s.id, s.name, s.provider_minutes + s.processing_minutes + s.finishing_minutes as minutes
    from service s left join used u on u.service_id = s.id
    where s.active
    order by coalesce(u.often, 0) desc, s.name, s.id
    """
)
_PROVIDERS = text(
    "select id, label as name from staff_member where active and is_provider order by label, id"
)


class DeskService(BaseModel):
    id: uuid.UUID
    name: str
    minutes: int


class DeskProvider(BaseModel):
    id: uuid.UUID
    name: str


class BookingDesk(BaseModel):
    location_id: uuid.UUID
    location: str
    today: str
    services: list[DeskService]
    providers: list[DeskProvider]
    may_write_clients: bool


def desk_of(unit: Unit, place: Location) -> BookingDesk:
    """Raises Forbidden."""
    session, actor = unit.session, unit.actor
    actor.require(Permission.BOOKING_WRITE, place.id)
    now = clock.now()
    asked = {"location": place.id, "staff": actor.staff_id, "since": now - RECENT}
    rows = session.execute(_SERVICES, asked)
    return BookingDesk(
        location_id=place.id,
        location=place.name,
        today=str(now.astimezone(ZoneInfo(place.timezone)).date()),
        services=[DeskService.model_validate(row, from_attributes=True) for row in rows],
        providers=[
            DeskProvider.model_validate(row, from_attributes=True) for row in session.execute(_PROVIDERS)
        ],
        may_write_clients=actor.may(Permission.CLIENT_WRITE),
    )
