"""Leads and tasks as they are shown: opened, and recorded as shown."""

from __future__ import annotations

from collections.abc import Iterable

from operational.clients.duplicates import Duplicate
from operational.clients.schemas import DuplicateView
from operational.identity.unit import Unit
from operational.leads import service
from operational.leads import tasks as tasking
from operational.leads.schemas import LeadOut, TaskOut
from operational.models import Lead, Task
from operational.privacy.schemas import render_many


def leads(unit: Unit, rows: Iterable[Lead]) -> list[LeadOut]:
    values = [_of_lead(unit, one) for one in rows]
    return render_many(unit.session, unit.actor, "lead", LeadOut, values)


def lead(unit: Unit, row: Lead) -> LeadOut:
    """Read anew: its version and times may have just been set."""
    unit.session.refresh(row)
    return leads(unit, [row])[0]


def tasks(unit: Unit, rows: Iterable[Task]) -> list[TaskOut]:
    values = [_of_task(unit, one) for one in rows]
    return render_many(unit.session, unit.actor, "task", TaskOut, values)


def task(unit: Unit, row: Task) -> TaskOut:
    return tasks(unit, [row])[0]


def duplicates(unit: Unit, found: Iterable[Duplicate]) -> list[DuplicateView]:
    """Clients that may be the same person."""
    names = [name for name in DuplicateView.model_fields if name != "reason"]
    values = [{**{name: getattr(one.client, name) for name in names}, "reason": one.reason} for one in found]
    return render_many(unit.session, unit.actor, "client.duplicates", DuplicateView, values)


def _of_lead(unit: Unit, row: Lead) -> dict[str, object]:
    contact = service.opened(unit.session, unit.vault, row)
    known = {name: getattr(row, name) for name in LeadOut.model_fields if hasattr(row, name)}
    return {**known, **contact.model_dump()}


def _of_task(unit: Unit, row: Task) -> dict[str, object]:
    known = {name: getattr(row, name) for name in TaskOut.model_fields if name != "note"}
    return {**known, "note": tasking.note_of(unit.session, unit.vault, row)}
