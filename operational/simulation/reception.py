"""The front desk: new clients, bookings, confirmations, moves, cancellations, no-shows, slips undone."""

from __future__ import annotations

import uuid
from typing import Literal

from sqlalchemy import select

from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import CancelReason, VisitGroupKind
from operational.booking import book as booking
from operational.booking import cancel as cancelling
from operational.booking import groups, queries
from operational.booking import move as moving
from operational.booking import rebook as rebooking
from operational.booking import undo as undoing
from operational.booking import visit as visiting
from operational.booking.group_schemas import NewParty, NewSeries, PartyVisit
from operational.booking.queries import VisitRow
from operational.booking.schemas import Move as MoveSent
from operational.booking.schemas import MovedItem, NewItem, NewVisit
from operational.clients.schemas import ClientCreate
from operational.clients.service import create_client
from operational.identity.access import Actor
from operational.leads import service as leads
from operational.models import Invoice, Task
from operational.simulation import desk, public, refunds
from operational.simulation.acts import SHOWN, Overrides, squeezed
from operational.simulation.events import Book, Confirm, Join, Miss, Move, VisitPlan
from operational.simulation.stage import Stage, Visit
from operational.simulation.ways import Convert, FinishOnline, Rebook, Series, Slip, Together, Undo


def join(stage: Stage, event: Join) -> None:
    sent = ClientCreate.model_validate(
        {**event.client.fields, "home_location_id": stage.ids.places[event.client.place]}
    )
    with stage.act(stage.front) as session:
        client, _ = create_client(session, stage.front, sent.model_dump())
        stage.ids.clients[event.client.number] = client.id


def convert(stage: Stage, event: Convert) -> None:
    """A lead becomes a client, with what was said before; who left no lead is just new."""
    with stage.act(stage.front) as session:
        lead_id = desk.lead_of(session, stage, event.client.number)
        if lead_id is not None:
            lead, _ = leads.convert(session, stage.front, stage.vault, lead_id, None)
            if lead.client_id is not None:
                stage.ids.clients[event.client.number] = lead.client_id
    if lead_id is None:
        join(stage, event)


def book(stage: Stage, event: Book) -> None:
    visit, ids = event.visit, stage.ids
    client_id = ids.clients[visit.client]

    def book_it(session: TenantSession, actor: Actor, overrides: Overrides) -> VisitRow:
        request = NewVisit(
            client_id=client_id,
            location_id=ids.places[visit.place],
            starts_at=event.start,
            items=_asked(stage, visit, event.provider),
            walk_in=visit.walk_in,
            follow_up_of_id=None if visit.follow_up_of is None else ids.visits[visit.follow_up_of].id,
            overrides=overrides,
        )
        return booking.book(session, actor, request)

    row = squeezed(stage, [client_id], book_it)
    ids.visits[visit.number] = Visit(row.id, _items(row), client_id)


def rebook(stage: Stage, event: Rebook) -> None:
    """What fits the cycle is looked at; the client takes the time that suits them."""
    visit, ids = event.visit, stage.ids
    if visit.follow_up_of is not None:
        earlier = ids.visits[visit.follow_up_of]
        days = max((event.start.date() - event.at.date()).days, 1)
        with stage.act(stage.front, view=SHOWN, client=earlier.client_id) as session:
            rebooking.proposals(session, stage.front, earlier.id, every_days=days)
    book(stage, event)


def finish_online(stage: Stage, event: FinishOnline) -> None:
    """Who finds their time gone on the public page calls."""
    if not public.book(stage, event):
        join(stage, Join(event.at, event.client))
        book(stage, Book(event.at, event.visit, event.start, event.provider))


def together(stage: Stage, event: Together) -> None:
    ids, visits = stage.ids, (event.visit, *event.others)
    clients = [ids.clients[one.client] for one in visits]
    providers = [event.provider, *(one.provider for one in event.others)]

    def book_all(session: TenantSession, actor: Actor, overrides: Overrides) -> groups.Group:
        asked = [
            PartyVisit(client_id=client, items=_asked(stage, one, provider))
            for client, one, provider in zip(clients, visits, providers, strict=True)
        ]
        request = NewParty(
            location_id=ids.places[event.visit.place], booker_id=clients[0], starts_at=event.start,
            visits=asked, overrides=overrides,
        )  # fmt: skip
        return groups.book_party(session, actor, request)

    _keep(stage, squeezed(stage, clients, book_all), visits)


def series(stage: Stage, event: Series) -> None:
    """All sessions that are still to come, with the same provider."""
    ids, visits = stage.ids, (event.visit, *event.others)
    client = ids.clients[event.visit.client]

    def book_all(session: TenantSession, actor: Actor, overrides: Overrides) -> groups.Group:
        request = NewSeries(
            client_id=client, location_id=ids.places[event.visit.place], kind=VisitGroupKind.TREATMENT,
            items=_asked(stage, event.visit, event.visit.provider), starts=[one.start for one in visits],
            overrides=overrides,
        )  # fmt: skip
        return groups.book_series(session, actor, request)

    _keep(stage, squeezed(stage, [client], book_all), visits)


def _keep(stage: Stage, group: groups.Group, visits: tuple[VisitPlan, ...]) -> None:
    for row, one in zip(group.visits, visits, strict=True):
        stage.ids.visits[one.number] = Visit(row.id, _items(row), row.client_id)


def slip(stage: Stage, event: Slip) -> None:
    known = stage.ids.visits[event.visit.number]
    with stage.act(stage.front, view=SHOWN, client=known.client_id) as session:
        cancelling.cancel(session, stage.front, known.id, by="practice", reason=CancelReason.OTHER)


def undo(stage: Stage, event: Undo) -> None:
    known = stage.ids.visits[event.visit.number]
    with stage.act(stage.manager, view=SHOWN, client=known.client_id) as session:
        version = queries.visit(session, known.id).version
        known.items = _items(undoing.undo(session, stage.manager, known.id, f'"{version}"'))


def confirm(stage: Stage, event: Confirm) -> None:
    """Whoever was not written to is called."""
    if desk.confirmed(stage, event):
        return
    known = stage.ids.visits[event.visit.number]
    with stage.act(stage.front, view=SHOWN, client=known.client_id) as session:
        visiting.confirm(session, stage.front, known.id)


def move(stage: Stage, event: Move) -> None:
    """Late ones become a new visit: from then on the plan's visit is that one."""
    known = stage.ids.visits[event.visit.number]
    link = stage.ids.links.get(event.visit.number)
    if link is not None and public.move(stage, known, link, event.start, event.provider):
        return
    provider = stage.ids.staff[event.provider]

    def move_it(session: TenantSession, actor: Actor, overrides: Overrides) -> VisitRow:
        row = queries.visit(session, known.id)
        request = MoveSent(
            starts_at=event.start,
            items=[MovedItem(item_id=item, provider_id=provider) for item in known.items],
            by=event.by,
            reason=CancelReason.SCHEDULE,
            overrides=overrides,
        )
        return moving.move(session, actor, known.id, request, f'"{row.version}"')

    moved = squeezed(stage, [known.client_id], move_it)
    known.id, known.items = moved.id, _items(moved)


def miss(stage: Stage, event: Miss) -> None:
    known = stage.ids.visits[event.visit.number]
    own = event.how in ("cancel", "late_cancel") and not event.waived
    link = stage.ids.links.get(event.visit.number) if own else None
    if link is not None:
        public.cancel(stage, link)
    else:
        _end(stage, event, known)
    with stage.act(stage.front) as session:
        known.invoice_id = _fee(session, known.id)
    if event.how == "practice_cancel" or (link is not None and event.how == "cancel"):
        refunds.return_deposit(stage, known)
        with stage.act(stage.front) as session:
            desk.finish_tasks(session, stage, Task.appointment_id == known.id)


def _end(stage: Stage, event: Miss, known: Visit) -> None:
    reason = CancelReason(event.reason) if event.reason else None
    who = stage.manager if event.waived else stage.front
    by: Literal["practice", "client"] = "practice" if event.how == "practice_cancel" else "client"
    with stage.act(who, view=SHOWN, client=known.client_id) as session:
        if event.how == "no_show":
            cancelling.no_show(session, who, known.id, waive_fee=event.waived)
        elif event.how == "left":
            visiting.left(session, who, known.id)
        elif event.how == "not_treated":
            visiting.not_treated(session, who, known.id)
        else:
            cancelling.cancel(session, who, known.id, by=by, reason=reason, waive_fee=event.waived)


def _fee(session: TenantSession, appointment_id: uuid.UUID) -> uuid.UUID | None:
    return session.scalar(select(Invoice.id).where(Invoice.appointment_id == appointment_id))


def _asked(stage: Stage, visit: VisitPlan, provider: str) -> list[NewItem]:
    ids = stage.ids
    return [
        NewItem(service_id=ids.services[one.offer], provider_id=ids.staff[provider]) for one in visit.items
    ]


def _items(row: VisitRow) -> list[uuid.UUID]:
    return [item.id for item in sorted(row.items, key=lambda one: one.position)]
