"""Visits that cannot stay where they are: noted once in their history, and a task until they are settled.

Moving or ending such a visit settles it, whoever does it and wherever; so does its task, done by hand.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import AppointmentEvent, TaskKind
from operational.booking import history
from operational.booking.facts import load_facts
from operational.identity.access import Actor
from operational.leads.tasks import SOON, add_task, finish_all
from operational.models import Appointment, Task


def note(session: Session, actor: Actor, appointment: Appointment) -> uuid.UUID:
    """The task; once more changes nothing."""
    if known := among(session, [appointment.id]):
        return known[appointment.id]
    place = load_facts(session, appointment.location_id, ()).place
    history.append(session, actor, appointment, place, AppointmentEvent.MUST_MOVE)
    task = add_task(
        session, actor, TaskKind.FIND_TIME, appointment.location_id, client_id=appointment.client_id,
        appointment_id=appointment.id, due_at=min(appointment.starts_at, clock.now() + SOON),
    )  # fmt: skip
    return task.id


def among(session: Session, appointment_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Those of these visits that must move, each with its task."""
    statement = select(Task.appointment_id, Task.id).where(
        Task.kind == TaskKind.FIND_TIME,
        Task.appointment_id.in_(list(appointment_ids)),
        Task.done_at.is_(None),
    )
    return {row.appointment_id: row.id for row in session.execute(statement)}


def is_noted(session: Session, appointment: Appointment) -> bool:
    """Whether this one waits for another time, because the practice cannot keep it."""
    return bool(among(session, [appointment.id]))


def settle(session: Session, actor: Actor, appointment_id: uuid.UUID) -> None:
    finish_all(session, actor, TaskKind.FIND_TIME, appointment_id=appointment_id)
