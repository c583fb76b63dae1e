"""The visits in time off as somebody works through them: who, what, and where each could go instead.

A place to go is written into the page, as `provider~start` of each service in order, and read back from it.
Whether the visit may go there is decided when it moves.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import MessageKind, MessageStatus, Permission
from operational.booking import affected, must_move, queries, time_off
from operational.booking.group_schemas import AffectedOut, BulkMove
from operational.booking.schemas import AppointmentOut, MovedItem
from operational.clients.schemas import ClientView
from operational.identity.unit import Unit
from operational.messaging.outbox import queue
from operational.models import Appointment, Client, Location, Message, Service, StaffMember, TimeOff
from operational.names import names_of
from operational.privacy.schemas import render_many
from operational.rows import get_row
from operational.schemas import from_form


@dataclass(frozen=True, slots=True)
class Worked:
    """`to`: where it could go, as the page sends it back; empty: nothing was found."""

    visit: AppointmentOut
    client: ClientView | None
    services: Sequence[tuple[str, str]]
    """(service, who performs it)"""
    to: str = ""
    to_at: datetime | None = None
    with_whom: Sequence[str] = ()
    same_time: bool = False
    must_move: bool = False
    asked: bool = False
    """The client was asked to choose another time, or will be."""


def worked(unit: Unit, row: TimeOff, place: Location, *, proposing: bool) -> list[Worked]:
    """The visits in time off, by start; with `proposing` where each could go."""
    found = affected.affected(unit.session, unit.actor, row.id) if proposing else _plain(unit, row)
    rows = [{"appointment": visit, "proposal": to} for visit, to in found]
    shown = render_many(unit.session, unit.actor, "booking.affected", AffectedOut, rows)
    ids = [one.appointment.id for one in shown]
    visits, stands = [one.appointment for one in shown], must_move.among(unit.session, ids)
    told = _asked(unit, stands)
    providers = {item.provider_id for one in shown if one.proposal for item in one.proposal.items}
    around = _Around(unit, visits, place, providers)
    made = []
    for one in shown:
        to = one.proposal
        made.append(
            Worked(
                visit=one.appointment,
                client=around.clients.get(one.appointment.client_id),
                services=around.services_of(one.appointment),
                to=written((item.provider_id, item.starts_at) for item in to.items) if to else "",
                to_at=to.starts_at.astimezone(one.appointment.starts_at.tzinfo) if to else None,
                with_whom=list(dict.fromkeys(around.people[item.provider_id] for item in to.items))
                if to
                else (),
                same_time=bool(to and to.same_time),
                must_move=one.appointment.id in stands,
                asked=one.appointment.id in told,
            )
        )
    return made


def booked_in(unit: Unit, ids: Sequence[uuid.UUID], place: Location) -> list[Worked]:
    """Visits as they stand."""
    found = queries.visits(unit.session, ids)
    visits = render_many(unit.session, unit.actor, "booking.appointment", AppointmentOut, found)
    around = _Around(unit, visits, place, ())
    return [Worked(one, around.clients.get(one.client_id), around.services_of(one)) for one in visits]


def must_find(unit: Unit, ids: Iterable[uuid.UUID]) -> None:
    """Each of these visits is a task until it is settled. Locks none: those of their providers are held."""
    for one in ids:
        must_move.note(unit.session, unit.actor, get_row(unit.session, Appointment, one))


def ask_client(unit: Unit, appointment_id: uuid.UUID) -> None:
    """Write to the client of a visit that must move: they choose another time by a link, at no cost."""
    visit = queries.locked(unit.session, appointment_id)
    unit.actor.require(Permission.BOOKING_WRITE, visit.location_id)
    task = must_move.note(unit.session, unit.actor, visit)
    queue(
        unit.session, kind=MessageKind.MUST_MOVE, client_id=visit.client_id, location_id=visit.location_id,
        appointment_id=visit.id, drop_after=visit.starts_at,
        dedupe=_once(task),
    )  # fmt: skip


def written(steps: Iterable[tuple[uuid.UUID, datetime]]) -> str:
    return ",".join(f"{provider}~{starts_at.isoformat()}" for provider, starts_at in steps)


def move_to(visit: queries.VisitRow, version: str, to: str) -> BulkMove:
    """The move that a page asks for. Raises Invalid for what no page of ours sends."""
    items = sorted(visit.items, key=lambda one: one.starts_at)
    parts = [one.partition("~") for one in to.split(",")] if to else []
    if len(parts) != len(items) or not version.isdigit() or len(version) > 9:
        raise Invalid("Choose where the visit goes.")
    moved = [
        from_form(MovedItem, item_id=item.id, provider_id=provider, starts_at=starts_at)
        for item, (provider, _, starts_at) in zip(items, parts, strict=True)
    ]
    return from_form(BulkMove, appointment_id=visit.id, version=int(version), items=moved)


class _Around:
    """What stands beside visits: names, and clients for who may read them."""

    def __init__(
        self, unit: Unit, visits: Sequence[AppointmentOut], place: Location, more: Iterable[uuid.UUID]
    ) -> None:
        items = [item for one in visits for item in one.items]
        self.people = names_of(unit.session, StaffMember, [*(one.provider_id for one in items), *more])
        self.services: Mapping[uuid.UUID, str] = names_of(
            unit.session, Service, [one.service_id for one in items]
        )
        self.clients: dict[uuid.UUID, ClientView] = {}
        if visits and unit.actor.may(Permission.CLIENT_READ, place.id):
            rows = unit.session.scalars(
                select(Client).where(Client.id.in_([one.client_id for one in visits]))
            )
            cards = render_many(unit.session, unit.actor, "client.card", ClientView, rows)
            self.clients = {one.id: one for one in cards}

    def services_of(self, visit: AppointmentOut) -> list[tuple[str, str]]:
        return [(self.services[one.service_id], self.people[one.provider_id]) for one in visit.items]


def _plain(unit: Unit, row: TimeOff) -> list[tuple[queries.VisitRow, None]]:
    return [(one, None) for one in queries.visits(unit.session, time_off.visits_in(unit.session, row))]


def _asked(unit: Unit, tasks: Mapping[uuid.UUID, uuid.UUID]) -> set[uuid.UUID]:
    """Those of these visits whose clients were written to, or will be."""
    gone = (MessageStatus.CANCELLED, MessageStatus.FAILED)
    once = {_once(task): visit for visit, task in tasks.items()}
    statement = select(Message.dedupe).where(Message.dedupe.in_(once), Message.status.not_in(gone))
    return {once[one] for one in unit.session.scalars(statement)}


def _once(task: uuid.UUID) -> str:
    return f"{MessageKind.MUST_MOVE.value}:{task}"
