"""The visits in time off as somebody works through them: who, what, and where each could go instead.

A place to go is written into the page, as `provider~start` of each service in order, and read back from it.
Whether the visit may go there is decided when it moves.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import MessageKind, MessageStatus, Permission
from operational.booking import affected, must_move, queries, time_off
from operational.booking.errors import WrongState
from operational.booking.group_schemas import AffectedOut, BulkMove
from operational.booking.move import MOVABLE
from operational.booking.schemas import AppointmentOut, MovedItem
from operational.clients.schemas import ClientView
from operational.identity.unit import Unit
from operational.messaging.outbox import queue
from operational.models import Appointment, Client, Message, Service, StaffMember, TimeOff
from operational.names import names_of
from operational.privacy.schemas import render_many
from operational.rows import get_row
from operational.schemas import from_form

GONE = (MessageStatus.CANCELLED, MessageStatus.FAILED)
"""A message that reached nobody: the client may be asked again."""


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


@dataclass(frozen=True, slots=True)
class Booked:
    """Visits, counted together. `elsewhere`: so many are at places whose visits the actor may not read."""

    shown: Sequence[Worked]
    elsewhere: int

    def __iter__(self) -> Iterator[Worked]:
        return iter(self.shown)

    def __len__(self) -> int:
        return len(self.shown) + self.elsewhere


def worked(unit: Unit, row: TimeOff, *, proposing: bool) -> Booked:
    """The visits in time off, by start; with `proposing` where each could go."""
    inside = time_off.visits_in(unit.session, row)
    found: Sequence[tuple[queries.VisitRow, affected.Proposal | None]]
    if proposing:
        found = affected.affected(unit.session, unit.actor, row.id)
    else:
        found = [(one, None) for one in affected.readable(unit.session, unit.actor, inside)]
    rows = [{"appointment": visit, "proposal": to} for visit, to in found]
    shown = render_many(unit.session, unit.actor, "booking.affected", AffectedOut, rows)
    ids = [one.appointment.id for one in shown]
    visits, stands = [one.appointment for one in shown], must_move.among(unit.session, ids)
    told = _asked(unit, stands)
    providers = {item.provider_id for one in shown if one.proposal for item in one.proposal.items}
    around = _Around(unit, visits, providers)
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
    return Booked(made, len(set(inside) - set(ids)))


def booked_in(unit: Unit, ids: Sequence[uuid.UUID]) -> Booked:
    """Visits as they stand."""
    found = affected.readable(unit.session, unit.actor, ids)
    visits = render_many(unit.session, unit.actor, "booking.appointment", AppointmentOut, found)
    around = _Around(unit, visits, ())
    made = [Worked(one, around.clients.get(one.client_id), around.services_of(one)) for one in visits]
    return Booked(made, len(ids) - len(made))


def must_find(unit: Unit, ids: Iterable[uuid.UUID]) -> None:
    """Each of these visits is a task until it is settled. Locks none: those of their providers are held."""
    for one in ids:
        must_move.note(unit.session, unit.actor, get_row(unit.session, Appointment, one))


def ask_client(unit: Unit, appointment_id: uuid.UUID) -> bool:
    """Write to the client of a visit that must move: they choose another time by a link, at no cost.

    False: they were written to before, or will be.
    """
    visit = queries.locked(unit.session, appointment_id)
    unit.actor.require(Permission.BOOKING_WRITE, visit.location_id)
    if visit.status not in MOVABLE:
        raise WrongState("It does not wait any more.", {"status_now": visit.status.value})
    task = must_move.note(unit.session, unit.actor, visit)
    made = queue(
        unit.session, kind=MessageKind.MUST_MOVE, client_id=visit.client_id, location_id=visit.location_id,
        appointment_id=visit.id, drop_after=visit.starts_at,
        dedupe=_once(unit, visit.id, task),
    )  # fmt: skip
    return bool(made)


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

    def __init__(self, unit: Unit, visits: Sequence[AppointmentOut], more: Iterable[uuid.UUID]) -> None:
        items = [item for one in visits for item in one.items]
        self.people = names_of(unit.session, StaffMember, [*(one.provider_id for one in items), *more])
        self.services: Mapping[uuid.UUID, str] = names_of(
            unit.session, Service, [one.service_id for one in items]
        )
        self.clients: dict[uuid.UUID, ClientView] = {}
        known = {one.client_id for one in visits if unit.actor.may(Permission.CLIENT_READ, one.location_id)}
        if known:
            rows = unit.session.scalars(select(Client).where(Client.id.in_(known)))
            cards = render_many(unit.session, unit.actor, "client.card", ClientView, rows)
            self.clients = {one.id: one for one in cards}

    def services_of(self, visit: AppointmentOut) -> list[tuple[str, str]]:
        return [(self.services[one.service_id], self.people[one.provider_id]) for one in visit.items]


def _asked(unit: Unit, tasks: Mapping[uuid.UUID, uuid.UUID]) -> set[uuid.UUID]:
    """Those of these visits whose clients were written to, or will be."""
    statement = select(Message.dedupe).where(
        Message.appointment_id.in_(tasks),
        Message.kind == MessageKind.MUST_MOVE,
        Message.status.not_in(GONE),
    )
    about = {dedupe.split(":")[1] for dedupe in unit.session.scalars(statement)}
    return {visit for visit, task in tasks.items() if str(task) in about}


def _about(task: uuid.UUID) -> str:
    return f"{MessageKind.MUST_MOVE.value}:{task}"


def _once(unit: Unit, appointment_id: uuid.UUID, task: uuid.UUID) -> str:
    """One message about a task that is not gone: another name after each that is."""
    statement = select(func.count()).where(
        Message.appointment_id == appointment_id,
        Message.dedupe.startswith(_about(task), autoescape=True),
        Message.status.in_(GONE),
    )
    gone = unit.session.scalar(statement)
    return f"{_about(task)}:{gone}" if gone else _about(task)
