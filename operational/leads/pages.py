"""Pages of leads and tasks for the desk. What may be done is the services'."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Form, Request, Response
from sqlalchemy import select

from medspa.kernel.errors import Invalid
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    LeadSource,
    LeadStatus,
    LostReason,
    Permission,
    PublicTextKind,
    Purpose,
    TaskKind,
)
from operational.clients import duplicates
from operational.clients.schemas import DuplicateView
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.leads import service, shown
from operational.leads import tasks as tasking
from operational.leads.schemas import LeadIn, LeadOut, TaskIn, TaskOut
from operational.models import Client, Lead, Location, StaffMember, Task
from operational.names import client_names, local_times, names_of
from operational.online import setup
from operational.online.place import current_text
from operational.pages import page, page_router, redirect
from operational.paging import Cursor
from operational.rows import get_row
from operational.schemas import from_form

AREA = "operational.leads"
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.LEAD_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.LEAD_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Approver = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Text = Annotated[str, Form(max_length=4_000)]
SUGGESTED = 5


@pages.get("/leads")
def list_leads(
    request: Request, unit: Reader, status: LeadStatus | None = None, cursor: Cursor = None
) -> Response:
    found, after = service.leads_of(unit.session, unit.actor, None, status, cursor=cursor)
    rows = shown.leads(unit, found)
    places = _places(unit)
    return page(
        AREA, "leads.html", request, unit, rows=rows, after=after, chosen=status, statuses=list(LeadStatus),
        places={one.id: one.name for one in places}, sources=list(LeadSource),
        local=local_times(unit.session),
        writable=[one for one in places if unit.actor.may(Permission.LEAD_WRITE, one.id)],
    )  # fmt: skip


@pages.post("/leads")
def create_lead(
    unit: Writer,
    location_id: Annotated[uuid.UUID, Form()],
    source: Annotated[LeadSource, Form()],
    first_name: Text,
    last_name: Text,
    phone: Text = "",
    email: Text = "",
    message: Text = "",
    may_contact: Annotated[bool, Form()] = False,
) -> Response:
    """Somebody asked in person or by phone; `may_contact`: and agreed to the location's words of today."""
    words = current_text(unit.session, location_id, PublicTextKind.CONTACT_CONSENT) if may_contact else None
    if may_contact and words is None:
        raise Invalid("may_contact: this location has no words for it yet; they are set up under Online.")
    sent = from_form(
        LeadIn, location_id=location_id, source=source, first_name=first_name, last_name=last_name,
        phone=phone or None, email=email or None, message=message or None,
        contact_text_id=words and words.id,
    )  # fmt: skip
    unit.actor.require(Permission.LEAD_WRITE, sent.location_id)
    contact = service.Contact.model_validate(sent.model_dump())
    lead = service.receive(
        unit.session, unit.actor, unit.vault, sent.location_id, sent.source, contact, sent.contact_text_id
    )
    return redirect(f"/leads/{lead.id}")


@pages.get("/leads/{lead_id}")
def show_lead(request: Request, lead_id: uuid.UUID, unit: Reader) -> Response:
    row = get_row(unit.session, Lead, lead_id)
    unit.actor.require(Permission.LEAD_READ, row.location_id)
    lead = shown.lead(unit, row)
    places = _places(unit)
    open_tasks = unit.session.scalars(
        select(Task).where(Task.lead_id == lead.id, Task.done_at.is_(None)).order_by(Task.due_at)
    )
    return page(
        AREA, "lead.html", request, unit, lead=lead, local=local_times(unit.session),
        reasons=list(LostReason),
        place=next(one.name for one in places if one.id == lead.location_id),
        tasks=shown.tasks(unit, open_tasks), suggested=_suggested(unit, lead),
        may_write=unit.actor.may(Permission.LEAD_WRITE, lead.location_id),
        may_convert=unit.actor.may(Permission.CLIENT_WRITE),
    )  # fmt: skip


@pages.post("/leads/{lead_id}/contacted")
def contacted(lead_id: uuid.UUID, unit: Writer) -> Response:
    service.contacted(unit.session, unit.actor, lead_id)
    return redirect(f"/leads/{lead_id}")


@pages.post("/leads/{lead_id}/lost")
def lose(lead_id: uuid.UUID, unit: Writer, reason: Annotated[LostReason, Form()]) -> Response:
    service.lose(unit.session, unit.actor, lead_id, reason)
    return redirect(f"/leads/{lead_id}")


@pages.post("/leads/{lead_id}/convert")
def convert(lead_id: uuid.UUID, unit: Writer, client_id: Annotated[uuid.UUID | str, Form()] = "") -> Response:
    """To a new client, or to one who was suggested; on to their page."""
    known = client_id if isinstance(client_id, uuid.UUID) else None
    lead, _ = service.convert(unit.session, unit.actor, unit.vault, lead_id, known)
    return redirect(f"/clients/{lead.client_id}")


@pages.post("/leads/{lead_id}/tasks")
def add_task(
    lead_id: uuid.UUID, unit: Writer, due_at: Annotated[datetime, Form()], note: Text = ""
) -> Response:
    """A follow-up, due at a time of the location's clock."""
    lead = get_row(unit.session, Lead, lead_id)
    zone = ZoneInfo(get_row(unit.session, Location, lead.location_id).timezone)
    due = due_at if due_at.tzinfo else due_at.replace(tzinfo=zone)
    sent = from_form(TaskIn, location_id=lead.location_id, due_at=due, lead_id=lead_id, note=note or None)
    unit.actor.require(Permission.LEAD_WRITE, sent.location_id)
    tasking.add_task(
        unit.session, unit.actor, TaskKind.FOLLOW_UP, sent.location_id, due_at=sent.due_at,
        assignee_id=unit.actor.staff_id, lead_id=lead_id, client_id=lead.client_id,
        note=tasking.sealed_note(unit.session, unit.vault, sent.note),
    )  # fmt: skip
    return redirect(f"/leads/{lead_id}")


@pages.get("/tasks")
def my_tasks(request: Request, unit: Reader, everybody: bool = False, cursor: Cursor = None) -> Response:
    found, after = tasking.open_tasks(unit.session, unit.actor, cursor=cursor, mine=not everybody)
    if cursor and not found:
        return _tasks(everybody, None)
    rows = shown.tasks(unit, found)
    return page(
        AREA, "tasks.html", request, unit, rows=rows, after=after, everybody=everybody,
        local=local_times(unit.session), view=_view(everybody, cursor),
        places={one.id: one.name for one in _places(unit)}, about=_about(unit, rows),
        people=names_of(unit.session, StaffMember, [one.assignee_id for one in rows]),
        may_write=unit.actor.may(Permission.LEAD_WRITE), may_approve=unit.actor.may(Permission.BOOKING_WRITE),
    )  # fmt: skip


@pages.post("/tasks/{task_id}/done")
def finish(task_id: uuid.UUID, unit: Writer, everybody: bool = False, cursor: Cursor = None) -> Response:
    tasking.finish_task(unit.session, unit.actor, task_id)
    return _tasks(everybody, cursor)


@pages.post("/online-bookings/{booking_id}/approve")
def approve(
    booking_id: uuid.UUID, unit: Approver, everybody: bool = False, cursor: Cursor = None
) -> Response:
    setup.approve(unit.session, unit.actor, booking_id)
    return _tasks(everybody, cursor)


@pages.post("/online-bookings/{booking_id}/decline")
def decline(
    booking_id: uuid.UUID, unit: Approver, everybody: bool = False, cursor: Cursor = None
) -> Response:
    setup.decline(unit.session, unit.actor, booking_id)
    return _tasks(everybody, cursor)


def _tasks(everybody: bool, cursor: str | None) -> Response:
    """Back to the part of the list that was looked at."""
    return redirect("/tasks?" + view if (view := _view(everybody, cursor)) else "/tasks")


def _about(unit: Unit, rows: Sequence[TaskOut]) -> dict[uuid.UUID, str]:
    """Task → whom it is about, as far as one may know."""
    asked = {one.lead_id for one in rows if one.client_id is None and one.lead_id is not None}
    found = shown.leads(unit, unit.session.scalars(select(Lead).where(Lead.id.in_(asked)))) if asked else []
    leads = {one.id: f"{one.first_name} {one.last_name}" for one in found}
    clients = client_names(unit.session, unit.actor, [(one.client_id, one.location_id) for one in rows])
    told: dict[uuid.UUID, str] = {}
    for one in rows:
        name = leads.get(one.lead_id) if one.lead_id is not None else None
        if one.client_id is not None:
            name = clients.get((one.client_id, one.location_id))
        told[one.id] = name or "–"
    return told


def _view(everybody: bool, cursor: str | None) -> str:
    """The query of a list of tasks, to come back to it."""
    asked = {"everybody": "true" if everybody else None, "cursor": cursor}
    return urlencode({name: value for name, value in asked.items() if value})


def _suggested(unit: Unit, lead: LeadOut) -> list[DuplicateView]:
    """Clients with the same phone number or e-mail address, while the lead is none."""
    if lead.client_id is not None or not unit.actor.may(Permission.CLIENT_READ):
        return []
    like = Client(
        org_id=unit.actor.org_id, id=new_id(), first_name=lead.first_name, last_name=lead.last_name,
        phone=lead.phone, email=lead.email, birth_date=None,
    )  # fmt: skip
    with unit.session.no_autoflush:
        found = duplicates.find(unit.session, like)[:SUGGESTED]
    return shown.duplicates(unit, found)


def _places(unit: Unit) -> list[Location]:
    return list(unit.session.scalars(select(Location).order_by(Location.name)))
