"""Visits whose provider, room, device or location is off at their time, and where each could go instead."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import OffSubject, Permission
from operational import etag
from operational.booking import must_move, queries, time_off
from operational.booking.availability import Question, Slot, Step, Wanted, availability, from_then_on
from operational.booking.errors import WrongState
from operational.booking.group_schemas import BulkMove
from operational.booking.move import MOVABLE, move
from operational.booking.schemas import Move
from operational.booking.shape import overlap
from operational.identity.access import Actor
from operational.identity.unit import Unit
from operational.models import TimeOff

MOST_SLOTS = 300
"""Free times of a month that are looked at for one visit."""


@dataclass(frozen=True, slots=True)
class ProposedItem:
    item_id: uuid.UUID
    provider_id: uuid.UUID
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    appointment_id: uuid.UUID
    version: int
    starts_at: datetime
    same_time: bool
    items: tuple[ProposedItem, ...]


Taken = list[tuple[uuid.UUID, datetime, datetime]]
"""(provider, from, until) of what was proposed to another visit."""


def affected(
    session: Session, actor: Actor, time_off_id: uuid.UUID
) -> list[tuple[queries.VisitRow, Proposal | None]]:
    """The visits in time off, by start, each with the same time and somebody else, or the next free time.

    No two proposals name the same provider at the same time. Whoever books meanwhile gets it all the same.
    A provider's visits at places whose visits the actor may not read are left out.
    """
    row = time_off.get(session, actor, time_off_id)
    actor.require(Permission.BOOKING_READ, row.location_id)
    visits = readable(session, actor, time_off.visits_in(session, row))
    taken: Taken = []
    return [(visit, propose(session, actor, visit, row, taken)) for visit in visits]


def readable(session: Session, actor: Actor, ids: Sequence[uuid.UUID]) -> list[queries.VisitRow]:
    """Those of these visits that the actor may read where they take place, by start."""
    found = queries.visits(session, ids)
    return [one for one in found if actor.may(Permission.BOOKING_READ, one.location_id)]


def propose(
    session: Session, actor: Actor, visit: queries.VisitRow, off: TimeOff, taken: Taken
) -> Proposal | None:
    """Nothing for a visit whose services run side by side: somebody must look at it."""
    items = sorted(visit.items, key=lambda one: one.starts_at)
    asked = wanted(items, off.subject_id if off.subject_kind is OffSubject.PROVIDER else None)
    if asked is None:
        return None
    first, *then = asked
    day = visit.starts_at.date()
    question = Question(
        visit.location_id, first.service_id, day, day, first.provider_id, visit.client_id,
        then=tuple(then), skip=visit.id, limit=MOST_SLOTS,
    )  # fmt: skip
    try:
        slots, _ = availability(session, actor, replace(question, step_minutes=5))
        same = (one for one in slots if one.starts_at == visit.starts_at)
        for slot in itertools.chain(same, from_then_on(session, actor, question)):
            steps = _clear(slot, taken)
            if steps is not None:
                taken += [(one.provider_id, one.starts_at, one.ends_at) for one in steps]
                return _proposal(visit, items, slot, steps)
    except DomainError:
        return None
    return None


def wanted(items: Sequence[queries.ItemRow], away: uuid.UUID | None) -> list[Wanted] | None:
    """The services of a visit in order, with anybody in place of who is away; None: they run side by side."""
    if any(one.ends_at > other.starts_at for one, other in itertools.pairwise(items)):
        return None
    return [Wanted(one.service_id, None if one.provider_id == away else one.provider_id) for one in items]


def _clear(slot: Slot, taken: Taken) -> tuple[Step, ...] | None:
    """The steps of a slot with providers to whom nothing was proposed at that time; None: there are none."""

    def is_clear(step: Step) -> bool:
        return not any(
            who == step.provider_id and overlap((start, end), (step.starts_at, step.ends_at))
            for who, start, end in taken
        )

    first, *rest = slot.items
    choices = [first] if rest else [replace(first, provider_id=one) for one in slot.provider_ids]
    for choice in choices:
        if all(map(is_clear, (choice, *rest))):
            return (choice, *rest)
    return None


def apply(session: Session, actor: Actor, request: BulkMove) -> None:
    """Move one visit where it was said, or note that its client must be told. Raises as moving does."""
    appointment = queries.locked(session, request.appointment_id)
    if request.items:
        sent = Move(items=request.items, overrides=request.overrides)
        move(session, actor, appointment.id, sent, etag.etag(request))
        return
    actor.require(Permission.BOOKING_WRITE, appointment.location_id)
    etag.check_if_match(appointment, etag.etag(request))
    if appointment.status not in MOVABLE:
        raise WrongState("It does not wait any more.", {"status_now": appointment.status.value})
    must_move.note(session, actor, appointment)


def apply_each(unit: Unit, requests: Iterable[BulkMove]) -> dict[uuid.UUID, DomainError | None]:
    return each(unit, requests, lambda one: apply(unit.session, unit.actor, one))


def each(
    unit: Unit, requests: Iterable[BulkMove], act: Callable[[BulkMove], object]
) -> dict[uuid.UUID, DomainError | None]:
    """Each in a transaction of its own: what one cannot stops no other. Visit → what was in its way."""
    results: dict[uuid.UUID, DomainError | None] = {}
    for one in requests:
        try:
            act(one)
            unit.checkpoint()
        except DomainError as error:
            unit.abandon()
            results[one.appointment_id] = error
        else:
            results[one.appointment_id] = None
    return results


def _proposal(
    visit: queries.VisitRow, items: list[queries.ItemRow], slot: Slot, steps: tuple[Step, ...]
) -> Proposal:
    return Proposal(
        visit.id,
        visit.version,
        slot.starts_at,
        slot.starts_at == visit.starts_at,
        tuple(
            ProposedItem(item.id, step.provider_id, step.starts_at)
            for item, step in zip(items, steps, strict=True)
        ),
    )
