"""Time off as its pages list and name it. Nothing is decided or written here."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, union_all
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import OffSubject, Permission, TimeOffStatus
from operational.booking import time_off
from operational.etag import etag
from operational.identity.access import Actor
from operational.models import Credential, Location, Resource, StaffMember, TimeOff

A_PAGE = 25
STANDING = (TimeOffStatus.REQUESTED, TimeOffStatus.APPROVED)
PEOPLE, ROOMS, CLOSURES = "people", "rooms", "closures"
KINDS = {
    PEOPLE: (OffSubject.PROVIDER,),
    ROOMS: (OffSubject.ROOM, OffSubject.DEVICE),
    CLOSURES: (OffSubject.LOCATION,),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """Time off in its location's time. `times`: how often it comes among those that are listed."""

    row: TimeOff
    subject: str
    starts_at: datetime
    ends_at: datetime
    times: int = 1

    @property
    def whole_days(self) -> bool:
        return not any((one.hour, one.minute) != (0, 0) for one in (self.starts_at, self.ends_at))

    @property
    def last_day(self) -> date:
        return (self.ends_at - timedelta(microseconds=1)).date()

    @property
    def one_day(self) -> bool:
        return self.last_day == self.starts_at.date()

    @property
    def until_midnight(self) -> bool:
        return self.last_day != self.ends_at.date()

    @property
    def if_match(self) -> str:
        return etag(self.row)


def page_of(
    session: Session, actor: Actor, place: Location, *, over: bool, kind: str, number: int
) -> tuple[list[Shown], bool]:
    """(a page of what is coming or over at a location, whether there is more); of a series its next time."""
    actor.require(Permission.BOOKING_READ, place.id)
    here = select(Credential.staff_id).where(Credential.location_id == place.id)
    gone = TimeOff.ends_at <= clock.now()
    wanted = [
        or_(TimeOff.location_id == place.id, TimeOff.subject_id.in_(here)),
        or_(gone, TimeOff.status.not_in(STANDING)) if over else ~gone & TimeOff.status.in_(STANDING),
    ]
    if kind in KINDS:
        wanted.append(TimeOff.subject_kind.in_(KINDS[kind]))
    series = func.coalesce(TimeOff.series_id, TimeOff.id)
    order = (TimeOff.starts_at.desc(), TimeOff.id.desc()) if over else (TimeOff.starts_at, TimeOff.id)
    ranked = (
        select(
            TimeOff.id,
            func.row_number().over(partition_by=[series, TimeOff.status], order_by=order).label("rank"),
            func.count().over(partition_by=[series, TimeOff.status]).label("times"),
        )
        .where(*wanted)
        .subquery()
    )
    rows = session.execute(
        select(TimeOff, ranked.c.times)
        .join(ranked, ranked.c.id == TimeOff.id)
        .where(ranked.c.rank == 1)
        .order_by(*order)
        .offset((number - 1) * A_PAGE)
        .limit(A_PAGE + 1)
    ).all()
    found = [(row, times) for row, times in rows[:A_PAGE]]
    names = subjects(session, [row for row, _ in found])
    zone = ZoneInfo(place.timezone)
    shown = [_shown(row, names[row.subject_id], zone, times) for row, times in found]
    return shown, len(rows) > A_PAGE


def one_of(session: Session, row: TimeOff, zone: ZoneInfo) -> Shown:
    return _shown(row, subjects(session, [row])[row.subject_id], zone)


def in_the_way(session: Session, row: TimeOff, zone: ZoneInfo) -> list[tuple[Shown, int]]:
    """The other coming times of its series in which visits are booked, and how many."""
    if row.series_id is None:
        return []
    others = session.scalars(
        select(TimeOff)
        .where(
            TimeOff.series_id == row.series_id,
            TimeOff.id != row.id,
            TimeOff.status.in_(STANDING),
            TimeOff.ends_at > clock.now(),
        )
        .order_by(TimeOff.starts_at)
    ).all()
    counted = [(one, len(time_off.visits_in(session, one))) for one in others]
    name = subjects(session, [row])[row.subject_id]
    return [(_shown(one, name, zone), count) for one, count in counted if count]


def subjects(session: Session, rows: Sequence[TimeOff]) -> dict[uuid.UUID, str]:
    """Whose or what time it is → the name."""
    ids = {one.subject_id for one in rows}
    named = union_all(
        select(StaffMember.id, StaffMember.label).where(StaffMember.id.in_(ids)),
        select(Location.id, Location.name).where(Location.id.in_(ids)),
        select(Resource.id, Resource.name).where(Resource.id.in_(ids)),
    )
    return {row[0]: row[1] for row in session.execute(named)}


def choices(session: Session, actor: Actor, place: Location) -> list[tuple[str, list[tuple[str, str]]]]:
    """(group, [(kind:id, name)]) of what time may be taken off; for who cannot decide, their own."""
    if not actor.may(Permission.SCHEDULE_MANAGE, place.id):
        own = select(StaffMember.id, StaffMember.label).where(
            StaffMember.id == actor.staff_id, StaffMember.active, StaffMember.is_provider
        )
        return _groups(("Me", _named("provider", session.execute(own))))
    things = select(Resource.id, Resource.name, Resource.kind).where(
        Resource.location_id == place.id, Resource.active
    )
    resources = session.execute(things.order_by(Resource.name, Resource.id)).all()
    return _groups(
        ("Providers", _named("provider", providers(session, place))),
        ("Rooms and devices", [(f"{kind.value}:{id_}", name) for id_, name, kind in resources]),
        ("The location", [(f"location:{place.id}", f"{place.name} is closed")]),
    )


def providers(session: Session, place: Location) -> list[tuple[uuid.UUID, str]]:
    """Who performs services there, by name."""
    here = select(Credential.staff_id).where(Credential.location_id == place.id)
    found = select(StaffMember.id, StaffMember.label).where(
        StaffMember.active, StaffMember.is_provider, StaffMember.id.in_(here)
    )
    return [(row.id, row.label) for row in session.execute(found.order_by(StaffMember.label, StaffMember.id))]


def _groups(*groups: tuple[str, list[tuple[str, str]]]) -> list[tuple[str, list[tuple[str, str]]]]:
    return [one for one in groups if one[1]]


def _named(kind: str, rows: Iterable[Sequence[object]]) -> list[tuple[str, str]]:
    return [(f"{kind}:{row[0]}", str(row[1])) for row in rows]


def _shown(row: TimeOff, name: str, zone: ZoneInfo, times: int = 1) -> Shown:
    return Shown(row, name, row.starts_at.astimezone(zone), row.ends_at.astimezone(zone), times)
