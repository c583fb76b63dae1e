"""What staff are asked to do, until when, about whom. Why a task arises is decided where it does."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import Permission, TaskKind
from operational.identity.access import Actor
from operational.models import StaffMember, Task
from operational.paging import DEFAULT_LIMIT, by_moment
from operational.privacy.vault import Vault
from operational.rows import get_row

PURPOSE = "task"
SOON = timedelta(hours=4)


def add_task(
    session: Session,
    actor: Actor,
    kind: TaskKind,
    location_id: uuid.UUID,
    *,
    due_at: datetime | None = None,
    assignee_id: uuid.UUID | None = None,
    lead_id: uuid.UUID | None = None,
    client_id: uuid.UUID | None = None,
    appointment_id: uuid.UUID | None = None,
    online_booking_id: uuid.UUID | None = None,
    note: bytes | None = None,
) -> Task:
    """A task for whoever comes first or for one person. `note` is sealed already."""
    if assignee_id is not None:
        staff = session.get(StaffMember, (actor.org_id, assignee_id))
        if staff is None or not staff.active:
            raise NotFound("There is no such staff member.")
    task = Task(
        org_id=actor.org_id, location_id=location_id, kind=kind, due_at=due_at or clock.now() + SOON,
        assignee_id=assignee_id, lead_id=lead_id, client_id=client_id, appointment_id=appointment_id,
        online_booking_id=online_booking_id, note=note, created_by=actor.staff_id,
    )  # fmt: skip
    session.add(task)
    session.flush()
    return task


def sealed_note(session: Session, vault: Vault, note: str | None) -> bytes | None:
    return None if note is None else vault.seal_for_organization(session, note.encode(), purpose=PURPOSE)


def note_of(session: Session, vault: Vault, task: Task) -> str | None:
    if task.note is None:
        return None
    return vault.unseal_for_organization(session, task.note, purpose=PURPOSE).decode()


def open_tasks(
    session: Session,
    actor: Actor,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    *,
    mine: bool = True,
) -> tuple[list[Task], str | None]:
    """(what is to be done at one's locations, the most pressing first; next cursor). `mine`: by oneself or
    by anybody."""
    actor.require(Permission.LEAD_READ)
    statement = select(Task).where(Task.done_at.is_(None))
    if (places := actor.places_of(Permission.LEAD_READ)) is not None:
        statement = statement.where(Task.location_id.in_(places))
    if mine:
        statement = statement.where(or_(Task.assignee_id == actor.staff_id, Task.assignee_id.is_(None)))
    return by_moment(session, statement, Task.due_at, Task.id, limit, cursor)


def finish_task(session: Session, actor: Actor, task_id: uuid.UUID) -> Task:
    """Done; once more changes nothing."""
    task = get_row(session, Task, task_id, lock=True)
    actor.require(Permission.LEAD_WRITE, task.location_id)
    if task.done_at is None:
        task.done_at, task.done_by = clock.now(), actor.staff_id
        session.flush()
    return task


def finish_all(
    session: Session,
    actor: Actor,
    kind: TaskKind,
    *,
    online_booking_id: uuid.UUID | None = None,
    appointment_id: uuid.UUID | None = None,
) -> None:
    """Tasks about one of these that what just happened has settled."""
    about = (
        Task.appointment_id == appointment_id
        if online_booking_id is None
        else Task.online_booking_id == online_booking_id
    )
    session.execute(
        update(Task)
        .where(Task.kind == kind, about, Task.done_at.is_(None))
        .values(done_at=clock.now(), done_by=actor.staff_id)
        .execution_options(synchronize_session=False)
    )
