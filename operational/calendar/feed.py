"""Everything a calendar draws of some days of a location, in one statement. Decides nothing.

Times are the location's wall clock, without an offset: a browser elsewhere draws them where they are.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import (
    AppointmentStatus,
    OffSubject,
    Permission,
    SubjectKind,
    TimeOffReason,
    VisitSource,
)
from operational.identity.unit import Unit
from operational.models import Location
from operational.privacy.schemas import PhiSchema, render_many
from operational.rows import get_row

LONGEST = 7
_FEED = text(
    """
    with visit as materialized (
        select a.id, a.version, a.client_id, a.status, a.source
        from appointment a
        where a.location_id = :location and a.starts_at >= cast(:since as timestamptz) - interval '24 hours'
            and a.starts_at < :until and a.ends_at > :since
    ), item as materialized (
        select i.*, v.version, v.client_id, v.status, v.source
        from visit v join appointment_item i on i.appointment_id = v.id and i.removed_at is null
    ), soft as (
        select o.subject_id, o.starts_at, o.ends_at
        from visit v join occupancy o on o.appointment_id = v.id
        where o.active and not o.hard
    ), held as (
        select o.subject_id, o.starts_at, o.ends_at, h.expires_at
        from hold h join occupancy o on o.org_id = h.org_id and o.hold_id = h.id
        where h.location_id = :location and h.created_at > cast(:now as timestamptz) - interval '31 minutes'
            and h.status = 'held' and h.expires_at > :now and o.active and o.hard
            and o.starts_at < :until and o.ends_at > :since
    ), off as (
        select t.subject_id, t.subject_kind, t.starts_at, t.ends_at, t.reason
        from time_off t
        where t.status = 'approved' and t.ends_at > :since and t.starts_at < :until
            and (t.location_id = :location or t.subject_kind = 'provider')
    ), working as (
        select s.staff_id, s.starts_at, s.ends_at
        from shift s
        where s.location_id = :location and s.active
            and s.starts_at >= cast(:since as timestamptz) - interval '24 hours'
            and s.starts_at < :until and s.ends_at > :since
    )
    select
        coalesce((select json_agg(json_build_array(
            i.id, i.appointment_id, i.version, i.client_id, c.first_name, c.last_name, c.flags, i.status,
            i.source, i.service_id, i.provider_id, calendar_wall(i.starts_at, :zone),
            calendar_wall(i.provider_ends_at, :zone), calendar_wall(i.ends_at, :zone), used.ids))
            from item i
            left join client c on c.org_id = i.org_id and c.id = i.client_id and :named
            left join lateral (
                select json_agg(r.resource_id) as ids from appointment_item_resource r
                where r.org_id = i.org_id and r.appointment_item_id = i.id
            ) used on true), '[]') as items,
        coalesce((select json_agg(json_build_array(
            subject_id, calendar_wall(starts_at, :zone), calendar_wall(ends_at, :zone)))
            from soft), '[]') as soft,
        coalesce((select json_agg(json_build_array(
            subject_id, calendar_wall(starts_at, :zone), calendar_wall(ends_at, :zone),
            calendar_wall(expires_at, :zone))) from held), '[]') as holds,
        coalesce((select json_agg(json_build_array(
            staff_id, calendar_wall(starts_at, :zone), calendar_wall(ends_at, :zone)))
            from working), '[]') as shifts,
        coalesce((select json_agg(json_build_array(
            subject_id, calendar_wall(starts_at, :zone), calendar_wall(ends_at, :zone), reason, subject_kind))
            from off), '[]') as blocks,
        coalesce((select json_agg(json_build_array(s.id, s.label) order by s.label, s.id)
            from staff_member s
            where s.id in (select staff_id from working union select provider_id from item)), '[]') as people,
        coalesce((select json_agg(json_build_array(r.id, r.name, r.kind) order by r.kind desc, r.name, r.id)
            from resource r where r.location_id = :location and r.active), '[]') as resources,
        coalesce((select json_object_agg(s.id, s.name)
            from service s where s.id in (select service_id from item)), '{}') as services
    """
)


class CalendarItem(PhiSchema):
    """One service of a visit. `client` is null for who may not read clients."""

    __client_field__: ClassVar[str | None] = "client_id"

    id: uuid.UUID
    appointment_id: uuid.UUID
    version: int
    client_id: uuid.UUID
    client: str | None
    flags: list[str]
    status: AppointmentStatus
    source: VisitSource
    service_id: uuid.UUID
    provider_id: uuid.UUID
    starts_at: str
    hands_until: str
    """Then comes processing and finishing: the client is here, the provider may be free."""
    ends_at: str
    resource_ids: list[uuid.UUID]


class Span(BaseModel):
    """Time of a provider, room or device."""

    subject_id: uuid.UUID
    starts_at: str
    ends_at: str


class Held(Span):
    expires_at: str


class Block(Span):
    """Time off, a room or device that is down, or the whole location closed."""

    reason: TimeOffReason
    subject_kind: OffSubject


class Column(BaseModel):
    id: uuid.UUID
    name: str
    kind: SubjectKind


class CalendarDays(BaseModel):
    """Times are the location's wall clock, such as 2026-03-02T10:15."""

    location_id: uuid.UUID
    timezone: str
    day: date
    days: int
    now: str
    columns: list[Column]
    services: dict[uuid.UUID, str]
    items: list[CalendarItem]
    buffers: list[Span]
    holds: list[Held]
    shifts: list[Span]
    blocks: list[Block]


def days_of(unit: Unit, location_id: uuid.UUID, day: date | None, days: int) -> CalendarDays:
    """Raises Forbidden, NotFound, Invalid."""
    unit.actor.require(Permission.BOOKING_READ, location_id)
    if not 1 <= days <= LONGEST:
        raise Invalid(f"days: ask for 1 to {LONGEST}.")
    place = get_row(unit.session, Location, location_id)
    zone, now = ZoneInfo(place.timezone), clock.now()
    first = day or now.astimezone(zone).date()
    since = datetime.combine(first, time(), zone)
    asked = {
        "location": location_id,
        "zone": place.timezone,
        "since": since,
        "until": datetime.combine(first + timedelta(days=days), time(), zone),
        "now": now,
        "named": unit.actor.may(Permission.CLIENT_READ, location_id),
    }
    row = unit.session.execute(_FEED, asked).one()
    return CalendarDays(
        location_id=location_id,
        timezone=place.timezone,
        day=first,
        days=days,
        now=f"{now.astimezone(zone):%Y-%m-%dT%H:%M}",
        columns=[
            *(Column(id=id_, name=name, kind=SubjectKind.PROVIDER) for id_, name in row.people),
            *(Column(id=id_, name=name, kind=kind) for id_, name, kind in row.resources),
        ],
        services=row.services,
        items=render_many(unit.session, unit.actor, "booking.calendar", CalendarItem, map(_item, row.items)),
        buffers=[Span(subject_id=one[0], starts_at=one[1], ends_at=one[2]) for one in row.soft],
        holds=[
            Held(subject_id=one[0], starts_at=one[1], ends_at=one[2], expires_at=one[3]) for one in row.holds
        ],
        shifts=[Span(subject_id=one[0], starts_at=one[1], ends_at=one[2]) for one in row.shifts],
        blocks=[
            Block(subject_id=one[0], starts_at=one[1], ends_at=one[2], reason=one[3], subject_kind=one[4])
            for one in row.blocks
        ],
    )


def etag_of(found: CalendarDays) -> str:
    """The ETag of what is shown: the time of asking is no change."""
    shown = found.model_dump_json(exclude={"now"})
    return f'"{hashlib.sha256(shown.encode()).hexdigest()[:32]}"'


def _item(one: list[Any]) -> dict[str, Any]:
    first, last = one[4], one[5]
    return {
        "id": one[0], "appointment_id": one[1], "version": one[2], "client_id": one[3],
        "client": None if last is None else f"{first} {last}".strip(), "flags": one[6] or [],
        "status": one[7], "source": one[8], "service_id": one[9], "provider_id": one[10],
        "starts_at": one[11], "hands_until": one[12], "ends_at": one[13], "resource_ids": one[14] or [],
    }  # fmt: skip
