"""Leads: received, contacted, booked, converted to clients without loss, or lost with a reason.

What somebody wrote is sealed, under the organization's key and, once they are a client, under theirs. Tasks
are tasks.py's; the forms that strangers send are public_pages.py's.
"""

from __future__ import annotations

import uuid
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Uuid, func, select, update
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import LeadSource, LeadStatus, LostReason, Permission
from operational.clients.duplicates import Duplicate
from operational.clients.service import create_client
from operational.identity.access import Actor
from operational.leads.errors import LeadClosed
from operational.messaging.hand_over import hand_over, withdraw
from operational.models import Appointment, Client, Lead, Location, Task
from operational.paging import DEFAULT_LIMIT, by_moment
from operational.privacy.vault import Vault
from operational.rows import get_row

PURPOSE = "lead"
OPEN = (LeadStatus.NEW, LeadStatus.CONTACTED)


class Contact(BaseModel):
    """Who asks, and what they wrote. At least one way to reach them."""

    model_config = ConfigDict(frozen=True)

    first_name: str
    last_name: str
    phone: str | None = None
    email: str | None = None
    message: str | None = None


def receive(
    session: Session,
    actor: Actor,
    vault: Vault,
    location_id: uuid.UUID,
    source: LeadSource,
    contact: Contact,
    contact_text_id: uuid.UUID | None,
    *,
    online_booking_id: uuid.UUID | None = None,
) -> Lead:
    """Somebody asks. `contact_text_id`: the words with which they asked to be contacted."""
    if contact.phone is None and contact.email is None:
        raise Invalid("phone, email: send one of them at least.")
    get_row(session, Location, location_id)
    lead = Lead(
        org_id=actor.org_id, location_id=location_id, source=source, status=LeadStatus.NEW,
        received_at=clock.now(), may_contact=contact_text_id is not None, contact_text_id=contact_text_id,
        contact=vault.seal_for_organization(session, _plain(contact), purpose=PURPOSE),
        online_booking_id=online_booking_id,
    )  # fmt: skip
    session.add(lead)
    session.flush()
    return lead


def opened(session: Session, vault: Vault, lead: Lead) -> Contact:
    """What is sealed in a lead, for who may read it."""
    if lead.client_id is None:
        plain = vault.unseal_for_organization(session, lead.contact, purpose=PURPOSE)
    else:
        plain = vault.unseal(session, lead.client_id, lead.contact, purpose=PURPOSE)
    return Contact.model_validate_json(plain)


def contacted(session: Session, actor: Actor, lead_id: uuid.UUID) -> Lead:
    """Somebody has spoken with them. Once more changes nothing."""
    lead = held(session, actor, lead_id)
    if lead.status is LeadStatus.NEW:
        lead.status, lead.contacted_at = LeadStatus.CONTACTED, clock.now()
        session.flush()
    return lead


def lose(session: Session, actor: Actor, lead_id: uuid.UUID, reason: LostReason) -> Lead:
    """Nothing came of it; its tasks are done with. Raises LeadClosed for a lead that is a client."""
    lead = held(session, actor, lead_id)
    if lead.status not in OPEN:
        raise LeadClosed("Only one that is new or contacted can be closed as lost.")
    lead.status, lead.lost_at, lead.lost_reason = LeadStatus.LOST, clock.now(), reason
    withdraw(session, lead.id)
    _finish_tasks(session, actor, lead.id)
    session.flush()
    return lead


def convert(
    session: Session, actor: Actor, vault: Vault, lead_id: uuid.UUID, client_id: uuid.UUID | None
) -> tuple[Lead, list[Duplicate]]:
    """Make a client of a lead, or add it to one who is there. Source, consent, message and tasks come along.

    The records that a new client may be a double of are answered, flagged for a decision.
    """
    actor.require(Permission.CLIENT_WRITE)
    lead = held(session, actor, lead_id)
    if lead.client_id is not None:
        raise LeadClosed("Open its client: it was made one before.")
    if client_id is not None and get_row(session, Client, client_id).merged_into_id is not None:
        raise Invalid("This record was merged; take the one it was merged into.")
    contact = opened(session, vault, lead)
    found: list[Duplicate] = []
    if client_id is None:
        values: dict[str, Any] = {
            "first_name": contact.first_name, "last_name": contact.last_name, "phone": contact.phone,
            "email": contact.email, "birth_date": None, "source": lead.source.value, "flags": [],
            "home_location_id": lead.location_id,
        }  # fmt: skip
        client, found = create_client(session, actor, values)
        client_id = client.id
    _hand_over(session, vault, lead, contact, client_id)
    lead.status, lead.converted_at = LeadStatus.CONVERTED, clock.now()
    session.flush()
    return lead, found


def booked_online(
    session: Session, actor: Actor, vault: Vault, online_booking_id: uuid.UUID, client_id: uuid.UUID
) -> None:
    """Who left a booking came back and finished it: the lead made of it is booked, its tasks are done."""
    asked = select(Lead).where(Lead.online_booking_id == online_booking_id, Lead.client_id.is_(None))
    for lead in session.scalars(asked.with_for_update()):
        withdraw(session, lead.id)
        _hand_over(session, vault, lead, opened(session, vault, lead), client_id)
        lead.status, lead.booked_at = LeadStatus.BOOKED, clock.now()
        _finish_tasks(session, actor, lead.id)
    session.flush()


def note_bookings(session: Session) -> None:
    """When clients who came as leads first booked after they had asked."""
    first = (
        select(func.min(Appointment.booked_at))
        .where(
            Appointment.client_id == func.client_root(Lead.client_id, type_=Uuid),
            Appointment.booked_at >= Lead.received_at,
        )
        .scalar_subquery()
    )
    session.execute(
        update(Lead)
        .where(Lead.client_id.is_not(None), Lead.booked_at.is_(None), first.is_not(None))
        .values(booked_at=first)
        .execution_options(synchronize_session=False)
    )


def _hand_over(session: Session, vault: Vault, lead: Lead, contact: Contact, client_id: uuid.UUID) -> None:
    """What belongs to the lead belongs to the client."""
    lead.client_id = client_id
    lead.contact = vault.seal(session, client_id, _plain(contact), purpose=PURPOSE)
    lead.lost_at = lead.lost_reason = None
    session.execute(update(Task).where(Task.lead_id == lead.id).values(client_id=client_id))
    hand_over(session, vault, lead.id, client_id)


def _finish_tasks(session: Session, actor: Actor, lead_id: uuid.UUID) -> None:
    session.execute(
        update(Task)
        .where(Task.lead_id == lead_id, Task.done_at.is_(None))
        .values(done_at=clock.now(), done_by=actor.staff_id)
    )


def leads_of(
    session: Session,
    actor: Actor,
    location_id: uuid.UUID | None,
    status: LeadStatus | None,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> tuple[list[Lead], str | None]:
    """(leads of one's locations, the latest first; next cursor)."""
    actor.require(Permission.LEAD_READ, location_id)
    asked = select(Lead)
    if location_id is not None:
        asked = asked.where(Lead.location_id == location_id)
    elif (places := actor.places_of(Permission.LEAD_READ)) is not None:
        asked = asked.where(Lead.location_id.in_(places))
    if status is not None:
        asked = asked.where(Lead.status == status)
    return by_moment(session, asked, Lead.received_at, Lead.id, limit, cursor, newest_first=True)


def held(session: Session, actor: Actor, lead_id: uuid.UUID) -> Lead:
    """A lead to change, locked."""
    lead = get_row(session, Lead, lead_id, lock=True)
    actor.require(Permission.LEAD_WRITE, lead.location_id)
    return lead


def _plain(contact: Contact) -> bytes:
    return contact.model_dump_json().encode()
