"""Leads and tasks over HTTP. Rules live in the services."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends

from medspa.kernel.vocabulary import LeadStatus, Permission, Purpose
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.leads import service, shown, tasks
from operational.leads.schemas import Conversion, Converted, LeadIn, LeadOut, Lost, TaskIn, TaskOut
from operational.models import Appointment, Client, Lead, Location, PublicText
from operational.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from operational.routing import AreaRouter
from operational.rows import get_row

router = AreaRouter(prefix="/v1", tags=["leads"])
Reader = Annotated[Unit, Depends(needs(Permission.LEAD_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.LEAD_WRITE, phi=Purpose.OPERATIONS), scope="function")]


@router.get("/leads")
def list_leads(
    unit: Reader,
    location_id: uuid.UUID | None = None,
    status: LeadStatus | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[LeadOut]:
    """The latest leads first."""
    rows, after = service.leads_of(unit.session, unit.actor, location_id, status, limit, cursor)
    return Page(items=shown.leads(unit, rows), next_cursor=after)


@router.post("/leads", status_code=201)
def create_lead(unit: Writer, body: LeadIn) -> LeadOut:
    """Somebody asked in person, by phone or elsewhere."""
    unit.actor.require(Permission.LEAD_WRITE, body.location_id)
    if body.contact_text_id is not None:
        get_row(unit.session, PublicText, body.contact_text_id)
    contact = service.Contact(
        first_name=body.first_name, last_name=body.last_name, phone=body.phone, email=body.email,
        message=body.message,
    )  # fmt: skip
    lead = service.receive(
        unit.session, unit.actor, unit.vault, body.location_id, body.source, contact, body.contact_text_id
    )
    return shown.lead(unit, lead)


@router.get("/leads/{lead_id}")
def show_lead(unit: Reader, lead_id: uuid.UUID) -> LeadOut:
    lead = get_row(unit.session, Lead, lead_id)
    unit.actor.require(Permission.LEAD_READ, lead.location_id)
    return shown.lead(unit, lead)


@router.post("/leads/{lead_id}/contacted")
def contacted(unit: Writer, lead_id: uuid.UUID) -> LeadOut:
    return shown.lead(unit, service.contacted(unit.session, unit.actor, lead_id))


@router.post("/leads/{lead_id}/lost")
def lost(unit: Writer, lead_id: uuid.UUID, body: Lost) -> LeadOut:
    return shown.lead(unit, service.lose(unit.session, unit.actor, lead_id, body.reason))


@router.post("/leads/{lead_id}/convert")
def convert(unit: Writer, lead_id: uuid.UUID, body: Conversion) -> Converted:
    """Make a client of a lead, or add it to one. Source, consent, message and tasks come along."""
    lead, doubles = service.convert(unit.session, unit.actor, unit.vault, lead_id, body.client_id)
    return Converted(lead=shown.lead(unit, lead), duplicates=shown.duplicates(unit, doubles))


@router.get("/tasks")
def list_tasks(
    unit: Reader, mine: bool = True, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[TaskOut]:
    """Open tasks, the most pressing first. `mine`: one's own and those of nobody."""
    rows, after = tasks.open_tasks(unit.session, unit.actor, limit, cursor, mine=mine)
    return Page(items=shown.tasks(unit, rows), next_cursor=after)


@router.post("/tasks", status_code=201)
def create_task(unit: Writer, body: TaskIn) -> TaskOut:
    unit.actor.require(Permission.LEAD_WRITE, body.location_id)
    get_row(unit.session, Location, body.location_id)
    for model, id_ in ((Lead, body.lead_id), (Client, body.client_id), (Appointment, body.appointment_id)):
        if id_ is not None:
            get_row(unit.session, model, id_)
    note = tasks.sealed_note(unit.session, unit.vault, body.note)
    row = tasks.add_task(
        unit.session, unit.actor, body.kind, body.location_id, due_at=body.due_at,
        assignee_id=body.assignee_id, lead_id=body.lead_id, client_id=body.client_id,
        appointment_id=body.appointment_id, note=note,
    )  # fmt: skip
    return shown.task(unit, row)


@router.post("/tasks/{task_id}/done")
def finish(unit: Writer, task_id: uuid.UUID) -> TaskOut:
    return shown.task(unit, tasks.finish_task(unit.session, unit.actor, task_id))
