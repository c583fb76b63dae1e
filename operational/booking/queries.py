"""Reads of visits: one, a calendar page, a history. Decides nothing."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select, text, tuple_
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import (
    AppointmentEvent,
    AppointmentStatus,
    CancelledBy,
    SubjectKind,
    VisitSource,
)
from operational.models import Appointment, AppointmentHistory, AppointmentItem, AppointmentState

_VISITS = text(
    """
    select a.id, a.version, a.client_id, a.location_id, l.timezone, a.starts_at, a.ends_at, a.business_date,
        a.status, a.source, a.booked_at, a.arrived_at, a.completed_at, a.cancelled_at, a.cancelled_by,
        a.follow_up_of_id, a.rescheduled_from_id, coalesce(i.items, '[]') as items,
        m.group_id,
        case when a.starts_at < :now and a.status in ('booked', 'confirmed', 'arrived')
            then booking_late_minutes(a.id, :now) else 0 end as late_minutes
    from appointment a
    join location l on l.org_id = a.org_id and l.id = a.location_id
    left join booking_items_of(:ids) i on i.appointment_id = a.id
    left join visit_group_member m on m.org_id = a.org_id and m.appointment_id = a.id
    where a.id = any (:ids)
    order by a.starts_at, a.id
    """
)


@dataclass(frozen=True, slots=True)
class ResourceRow:
    row_id: uuid.UUID
    resource_id: uuid.UUID
    kind: SubjectKind
    tag: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    id: uuid.UUID
    position: int
    service_id: uuid.UUID
    provider_id: uuid.UUID
    starts_at: datetime
    provider_ends_at: datetime
    ends_at: datetime
    performed: bool
    not_performed_reason: str | None
    resources: tuple[ResourceRow, ...]


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit as it is shown. Times carry the location's offset."""

    id: uuid.UUID
    version: int
    client_id: uuid.UUID
    location_id: uuid.UUID
    timezone: str
    starts_at: datetime
    ends_at: datetime
    business_date: date
    status: AppointmentStatus
    source: VisitSource
    booked_at: datetime
    arrived_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    cancelled_by: CancelledBy | None
    follow_up_of_id: uuid.UUID | None
    rescheduled_from_id: uuid.UUID | None
    group_id: uuid.UUID | None
    late_minutes: int
    items: tuple[ItemRow, ...]


def visit(session: Session, appointment_id: uuid.UUID) -> VisitRow:
    """Raises NotFound for an id that is not of this organization or outside of the actor's locations."""
    session.flush()
    found = visits(session, [appointment_id])
    if not found:
        raise NotFound("There is no such appointment.")
    return found[0]


def calendar(
    session: Session,
    location_id: uuid.UUID,
    since: datetime,
    until: datetime,
    *,
    provider_id: uuid.UUID | None = None,
    client_id: uuid.UUID | None = None,
    status: AppointmentStatus | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[VisitRow], str | None]:
    """(visits that start in [since, until) by start, next cursor)."""
    statement = select(Appointment.id, Appointment.starts_at).where(
        Appointment.location_id == location_id, Appointment.starts_at >= since, Appointment.starts_at < until
    )
    if client_id is not None:
        statement = statement.where(Appointment.client_id == client_id)
    if status is not None:
        statement = statement.where(Appointment.status == status)
    if provider_id is not None:
        own = select(AppointmentItem.id).where(
            AppointmentItem.org_id == Appointment.org_id,
            AppointmentItem.appointment_id == Appointment.id,
            AppointmentItem.provider_id == provider_id,
            AppointmentItem.removed_at.is_(None),
        )
        statement = statement.where(own.exists())
    if cursor is not None:
        statement = statement.where(tuple_(Appointment.starts_at, Appointment.id) > _read_cursor(cursor))
    statement = statement.order_by(Appointment.starts_at, Appointment.id).limit(limit + 1)
    rows = session.execute(statement).all()
    more = _cursor(rows[limit - 1].starts_at, rows[limit - 1].id) if len(rows) > limit else None
    return visits(session, [row.id for row in rows[:limit]]), more


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """An event, and what the visit was after it."""

    id: uuid.UUID
    event: AppointmentEvent
    happened_at: datetime
    business_date: date
    scheduled_start: datetime
    staff_id: uuid.UUID | None
    override: str | None
    reason: str | None
    state: dict[str, Any] | None


def history(session: Session, appointment_id: uuid.UUID) -> list[HistoryRow]:
    """Every event of a visit in order."""
    past = AppointmentHistory
    statement = (
        select(
            past.id, past.event, past.happened_at, past.business_date, past.scheduled_start,
            past.staff_id, past.override, past.reason, AppointmentState.state,
        )
        .outerjoin(
            AppointmentState,
            (AppointmentState.org_id == past.org_id) & (AppointmentState.history_id == past.id),
        )
        .where(past.appointment_id == appointment_id)
        .order_by(past.happened_at, past.id)
    )  # fmt: skip
    return [HistoryRow(*row) for row in session.execute(statement)]


def locked(session: Session, appointment_id: uuid.UUID) -> Appointment:
    """The appointment, locked against other changes of it until the transaction ends.

    Always before the locks on subjects, so that two operations never wait for each other.
    """
    statement = (
        select(Appointment)
        .where(Appointment.id == appointment_id)
        # FOR NO KEY UPDATE: rows that refer to the appointment may still be written meanwhile.
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound("There is no such appointment.")
    return found


def visits(session: Session, ids: Sequence[uuid.UUID]) -> list[VisitRow]:
    """By start, in one statement."""
    return [_visit(row) for row in session.execute(_VISITS, {"ids": list(ids), "now": clock.now()})]


def _visit(row: Row[Any]) -> VisitRow:
    zone = ZoneInfo(row.timezone)

    def local(value: datetime | None) -> Any:
        return value.astimezone(zone) if value is not None else None

    values = row._asdict()
    for name in ("starts_at", "ends_at", "booked_at", "arrived_at", "completed_at", "cancelled_at"):
        values[name] = local(values[name])
    values["items"] = tuple(item_of(one, zone) for one in row.items)
    values["status"] = AppointmentStatus(row.status)
    values["source"] = VisitSource(row.source)
    return VisitRow(**values)


def item_of(row: dict[str, Any], zone: tzinfo | None) -> ItemRow:
    """An item as the database writes it down (SQL 45), at a location's offset."""
    times = ("starts_at", "provider_ends_at", "ends_at")
    return ItemRow(
        id=uuid.UUID(row["id"]),
        position=row["position"],
        service_id=uuid.UUID(row["service_id"]),
        provider_id=uuid.UUID(row["provider_id"]),
        performed=row["performed"],
        not_performed_reason=row["not_performed_reason"],
        resources=tuple(
            ResourceRow(uuid.UUID(r["row_id"]), uuid.UUID(r["resource_id"]), SubjectKind(r["kind"]), r["tag"])
            for r in row["resources"]
        ),
        **{name: datetime.fromisoformat(row[name]).astimezone(zone) for name in times},
    )


def _cursor(start: datetime, id_: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(f"{start.isoformat()}|{id_}".encode()).rstrip(b"=").decode()


def _read_cursor(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        start, id_ = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
        return datetime.fromisoformat(start), uuid.UUID(id_)
    except (ValueError, binascii.Error):
        raise Invalid("cursor: send the `next_cursor` of the page before, unchanged.") from None
