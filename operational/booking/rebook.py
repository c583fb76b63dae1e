"""When somebody who was treated would come again: after the cycle of what was done, to the same provider, on
the same weekday and at the same hour, or as near to it as is free."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Permission
from operational.booking import queries
from operational.booking.availability import Question, Slot, Wanted, availability
from operational.identity.access import Actor
from operational.models import Service, TreatmentCategory

AROUND = timedelta(days=10)
"""Before and after the day it is due, never before the treatment may be repeated."""
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Again:
    """One session: the day it is due and free times near it, the nearest first."""

    number: int
    due_on: date
    slots: tuple[Slot, ...]


def proposals(
    session: Session,
    actor: Actor,
    appointment_id: uuid.UUID,
    *,
    sessions: int = 1,
    every_days: int | None = None,
) -> list[Again]:
    """Raises Invalid when nothing of the visit has a cycle and no days were said."""
    row = queries.visit(session, appointment_id)
    actor.require(Permission.BOOKING_READ, row.location_id)
    cycle, earliest = _cycle(session, row)
    days = every_days or cycle
    if days is None:
        raise Invalid("every_days: nothing of this visit has a cycle; say after how many days.")
    items = [one for one in row.items if one.performed] or list(row.items)
    items.sort(key=lambda one: one.starts_at)
    first, *rest = items
    question = Question(
        row.location_id, first.service_id, row.starts_at.date(), row.starts_at.date(), first.provider_id,
        row.client_id, then=tuple(Wanted(one.service_id, one.provider_id) for one in rest), limit=1000,
    )  # fmt: skip
    found = []
    visit_day = row.starts_at.date()
    for number in range(sessions):
        due = _same_weekday(visit_day + timedelta(days=days * (number + 1)), row.starts_at)
        since = max(due - AROUND, visit_day + timedelta(days=max(1, earliest or 0)))
        asked = replace(question, first=min(since, due), last=due + AROUND)
        slots, _ = availability(session, actor, asked)
        slots.sort(key=lambda one: _distance(one.starts_at, due, row.starts_at))
        found.append(Again(number, due, tuple(slots[:SHOWN])))
    return found


def _cycle(session: Session, row: queries.VisitRow) -> tuple[int | None, int | None]:
    """(the shortest cycle of what was done, the longest time before any of it may be repeated)."""
    done = [one.service_id for one in row.items if one.performed] or [one.service_id for one in row.items]
    statement = (
        select(TreatmentCategory.cycle_days, TreatmentCategory.earliest_days)
        .join(
            Service,
            (Service.org_id == TreatmentCategory.org_id) & (Service.category_id == TreatmentCategory.id),
        )
        .where(Service.id.in_(done))
    )
    rows = session.execute(statement).all()
    cycles = [one.cycle_days for one in rows if one.cycle_days is not None]
    earliest = [one.earliest_days for one in rows if one.earliest_days is not None]
    return min(cycles, default=None), max(earliest, default=None)


def _same_weekday(day: date, like: datetime) -> date:
    """The nearest day of the same weekday."""
    ahead = (like.weekday() - day.weekday()) % 7
    return day + timedelta(days=ahead if ahead <= 3 else ahead - 7)


def _distance(start: datetime, due: date, like: datetime) -> tuple[bool, int, int, int]:
    """Same weekday first, then the nearer day, then the nearer time of day."""
    minutes = abs((start.hour - like.hour) * 60 + start.minute - like.minute)
    return start.weekday() != like.weekday(), abs((start.date() - due).days), minutes, start.minute
