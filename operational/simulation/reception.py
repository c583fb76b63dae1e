"""The front desk: new clients, bookings, confirmations, moves, cancellations, no-shows."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import CancelReason
from operational.booking import book as booking
from operational.booking import cancel as cancelling
from operational.booking import move as moving
from operational.booking import queries
from operational.booking import visit as visiting
from operational.booking.queries import VisitRow
from operational.booking.schemas import Move as MoveSent
from operational.booking.schemas import MovedItem, NewItem, NewVisit
from operational.clients.schemas import ClientCreate
from operational.clients.service import create_client
from operational.models import Invoice
from operational.simulation.events import Book, Confirm, Join, Miss, Move
from operational.simulation.stage import Stage, Visit

SHOWN = "booking.appointment"


def join(stage: Stage, event: Join) -> None:
    sent = ClientCreate.model_validate(
        {**event.client.fields, "home_location_id": stage.ids.places[event.client.place]}
    )
    with stage.act(stage.front) as session:
        client, _ = create_client(session, stage.front, sent.model_dump())
        stage.ids.clients[event.client.number] = client.id


def book(stage: Stage, event: Book) -> None:
    visit, ids = event.visit, stage.ids
    client_id = ids.clients[visit.client]
    provider = ids.staff[event.provider]
    request = NewVisit(
        client_id=client_id,
        location_id=ids.places[visit.place],
        starts_at=event.start,
        items=[NewItem(service_id=ids.services[one.offer], provider_id=provider) for one in visit.items],
        walk_in=visit.walk_in,
        follow_up_of_id=None if visit.follow_up_of is None else ids.visits[visit.follow_up_of].id,
    )
    with stage.act(stage.front, view=SHOWN, client=client_id) as session:
        row = booking.book(session, stage.front, request)
    ids.visits[visit.number] = Visit(row.id, _items(row), client_id)


def confirm(stage: Stage, event: Confirm) -> None:
    known = stage.ids.visits[event.visit.number]
    with stage.act(stage.front, view=SHOWN, client=known.client_id) as session:
        visiting.confirm(session, stage.front, known.id)


def move(stage: Stage, event: Move) -> None:
    """Late ones become a new visit: from then on the plan's visit is that one."""
    known = stage.ids.visits[event.visit.number]
    provider = stage.ids.staff[event.provider]
    with stage.act(stage.front, view=SHOWN, client=known.client_id) as session:
        row = queries.visit(session, known.id)
        request = MoveSent(
            starts_at=event.start,
            items=[MovedItem(item_id=item, provider_id=provider) for item in known.items],
            by=event.by,
            reason=CancelReason.SCHEDULE,
        )
        moved = moving.move(session, stage.front, known.id, request, f'"{row.version}"')
    known.id, known.items = moved.id, _items(moved)


def miss(stage: Stage, event: Miss) -> None:
    known = stage.ids.visits[event.visit.number]
    reason = CancelReason(event.reason) if event.reason else None
    who = stage.manager if event.waived else stage.front
    with stage.act(who, view=SHOWN, client=known.client_id) as session:
        if event.how == "no_show":
            cancelling.no_show(session, who, known.id, waive_fee=event.waived)
        elif event.how == "left":
            visiting.left(session, who, known.id)
        elif event.how == "not_treated":
            visiting.not_treated(session, who, known.id)
        else:
            by = "practice" if event.how == "practice_cancel" else "client"
            cancelling.cancel(
                session,
                who,
                known.id,
                by="practice" if by == "practice" else "client",
                reason=reason,
                waive_fee=event.waived,
            )
        known.invoice_id = _fee(session, known.id)


def _fee(session: TenantSession, appointment_id: uuid.UUID) -> uuid.UUID | None:
    return session.scalar(select(Invoice.id).where(Invoice.appointment_id == appointment_id))


def _items(row: VisitRow) -> list[uuid.UUID]:
    return [item.id for item in sorted(row.items, key=lambda one: one.position)]
