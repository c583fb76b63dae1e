"""Move, reassign and restore a visit that exists: the same path as booking, with its own claims left out.

A move releases and claims in one statement under the locks of both. The notice rule is in cancel.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, timedelta

from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    AppointmentEvent,
    AppointmentStatus,
    CancelledBy,
    Permission,
    SoftRule,
    VisitSource,
)
from operational import etag
from operational.booking import claim, must_move, queries
from operational.booking.cancel import charge, is_late, release
from operational.booking.carried import carry_on
from operational.booking.charged import refuse_charged
from operational.booking.errors import InThePast, WrongState
from operational.booking.facts import Facts, ServiceFacts, load_facts
from operational.booking.plan import check_times, kept_item, match_named
from operational.booking.schemas import Move, MovedItem, Restore
from operational.booking.shape import Asked, Need, Shape, minutes_between
from operational.checkout.fees import carry_deposit
from operational.identity.access import Actor
from operational.models import Appointment

MOVABLE = (AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED)
RESTORABLE = (AppointmentStatus.CANCELLED, AppointmentStatus.LATE_CANCELLED, AppointmentStatus.NO_SHOW)


def move(
    session: Session, actor: Actor, appointment_id: uuid.UUID, request: Move, if_match: str | None
) -> queries.VisitRow:
    """Another time, provider, room or device. Asked for by the client inside the notice period, the old
    visit becomes a late cancellation and the answer is a new one (`rescheduled_from_id`)."""
    appointment = queries.locked(session, appointment_id)
    actor.require(Permission.BOOKING_WRITE, appointment.location_id)
    etag.check_if_match(appointment, if_match)
    if appointment.status not in MOVABLE:
        raise WrongState(
            "Only a visit that is booked, confirmed or arrived can be moved.", _state(appointment)
        )
    row = queries.visit(session, appointment_id)
    facts = facts_of(session, row, request)
    items = planned(facts, row, request)
    new_start = min(item.starts_at for item in items)
    other_time = any(item.starts_at != old.starts_at for item, old in zip(items, row.items, strict=True))
    check_times(items, may_have_begun=not other_time)
    late = (
        request.by == "client"
        and new_start != row.starts_at
        and is_late(appointment, facts.place, clock.now())
        and not must_move.is_noted(session, appointment)
    )
    if late:
        return _reschedule(session, actor, appointment, facts, items, request)
    visit = claim.Visit(
        id=row.id,
        is_new=False,
        place=facts.place,
        client_id=row.client_id,
        # A confirmation was given for the old time.
        status=AppointmentStatus.BOOKED
        if other_time and row.status is AppointmentStatus.CONFIRMED
        else row.status,
        event=AppointmentEvent.MOVED,
        reason=request.reason,
        arrived_at=row.arrived_at,
    )
    rules = facts if other_time else None
    return rewrite(session, actor, appointment, row, visit, [items], request.overrides, rules)


def restore(session: Session, actor: Actor, appointment_id: uuid.UUID, request: Restore) -> queries.VisitRow:
    """Bring a cancelled or missed visit back, at its old time if that is still free, on its day or before."""
    appointment = queries.locked(session, appointment_id)
    actor.require(Permission.BOOKING_WRITE, appointment.location_id)
    if appointment.status not in RESTORABLE:
        raise WrongState("Only a cancelled or missed visit can be restored.", _state(appointment))
    row = queries.visit(session, appointment_id)
    facts = facts_of(session, row, Move(overrides=request.overrides))
    if appointment.business_date < facts.place.business_date(clock.now()):
        raise InThePast("Its day is over; book a new visit.")
    refuse_charged(session, appointment_id)
    visit = claim.Visit(
        id=row.id,
        is_new=False,
        place=facts.place,
        client_id=row.client_id,
        status=AppointmentStatus.BOOKED,
        event=AppointmentEvent.RESTORED,
    )
    items = planned(facts, row, Move(overrides=request.overrides))
    return rewrite(session, actor, appointment, row, visit, [items], request.overrides)


def rewrite(
    session: Session,
    actor: Actor,
    appointment: Appointment,
    row: queries.VisitRow,
    visit: claim.Visit,
    ways: Sequence[Sequence[Asked]],
    overrides: Collection[SoftRule],
    rules: Facts | None = None,
    *,
    granted: Collection[SoftRule] = (),
    settled: Collection[uuid.UUID] = (),
) -> queries.VisitRow:
    """Give an existing visit these items in the first of the ways that can be. Raises what is in the way."""
    chosen = claim.find_place(
        session,
        actor,
        visit,
        ways,
        overrides,
        skip=row.id,
        also_lock=_held_by(row),
        rules=rules,
        granted=granted,
        settled=settled,
    )
    claim.write(session, actor, visit, chosen)
    if visit.event is AppointmentEvent.MOVED:
        must_move.settle(session, actor, row.id)
    session.expire(appointment)
    return queries.visit(session, row.id)


def _reschedule(
    session: Session,
    actor: Actor,
    appointment: Appointment,
    facts: Facts,
    items: tuple[Asked, ...],
    request: Move,
) -> queries.VisitRow:
    """Late: the old slot is cancelled late, with its fee, and a new visit takes its time and deposit."""
    old = queries.visit(session, appointment.id)
    visit = claim.Visit(
        id=new_id(),
        is_new=True,
        place=facts.place,
        client_id=appointment.client_id,
        status=AppointmentStatus.BOOKED,
        event=AppointmentEvent.BOOKED,
        source=VisitSource(appointment.source),
        follow_up_of_id=appointment.follow_up_of_id,
        rescheduled_from_id=appointment.id,
    )
    fresh = tuple(
        replace(item, id=new_id(), needs=tuple(replace(need, row_id=new_id()) for need in item.needs))
        for item in items
    )
    chosen = claim.find_place(
        session,
        actor,
        visit,
        [fresh],
        request.overrides,
        skip=appointment.id,
        also_lock=_held_by(old),
        rules=facts,
    )
    release(
        session,
        actor,
        appointment,
        facts.place,
        AppointmentStatus.LATE_CANCELLED,
        CancelledBy.RESCHEDULE,
        request.reason,
        waived=request.waive_fee,
    )
    claim.write(session, actor, visit, chosen)
    charge(session, actor, appointment, late_cancel=True, waived=request.waive_fee)
    carry_deposit(session, appointment, visit.id)
    carry_on(session, appointment.id, visit.id)
    return queries.visit(session, visit.id)


def facts_of(session: Session, row: queries.VisitRow, request: Move) -> Facts:
    named = {one.provider_id for one in request.items if one.provider_id is not None}
    chosen = {one for item in request.items for one in item.resource_ids or ()}
    held = {resource.resource_id for item in row.items for resource in item.resources}
    return load_facts(
        session,
        row.location_id,
        {item.service_id for item in row.items},
        named | {item.provider_id for item in row.items},
        chosen | held,
        row.client_id,
    )


def planned(facts: Facts, row: queries.VisitRow, request: Move) -> tuple[Asked, ...]:
    """The items at their new times. What a visit needs stays as it was when it was booked.

    What follows an item that becomes longer or shorter follows it still, unless it says when.
    """
    changes = {one.item_id: one for one in request.items}
    if set(changes) - {item.id for item in row.items}:
        raise Invalid("items: an item_id is not of this visit.")
    shift = timedelta()
    if request.starts_at is not None:
        shift = facts.place.instant(request.starts_at) - row.starts_at
    found: dict[uuid.UUID, Asked] = {}
    longer = timedelta()
    for item in sorted(row.items, key=lambda one: (one.starts_at, one.position)):
        change = changes.get(item.id)
        found[item.id] = _planned_item(facts, item, change, shift + longer)
        if change is not None and change.minutes is not None:
            longer += found[item.id].shape.total - (item.ends_at - item.starts_at)
    return tuple(found[item.id] for item in row.items)


def _planned_item(facts: Facts, item: queries.ItemRow, change: MovedItem | None, shift: timedelta) -> Asked:
    # In UTC: adding to a time of the location would shift its wall clock over a clock change.
    starts_at = item.starts_at.astimezone(UTC) + shift
    if change is not None and change.starts_at is not None:
        starts_at = facts.place.instant(change.starts_at)
    provider = (
        change.provider_id if change is not None and change.provider_id is not None else item.provider_id
    )
    service = facts.service(item.service_id)
    shape = length(facts, service, item, provider)
    if change is not None and change.minutes is not None:
        shape = shape.lasting(change.minutes)
    needs = [Need(r.kind, r.tag, r.row_id, r.resource_id) for r in item.resources]
    named = (change.resource_ids or ()) if change is not None else ()
    return kept_item(
        facts,
        item.id,
        item.position,
        service,
        starts_at,
        provider,
        shape,
        match_named(facts, needs, named),
    )


def length(facts: Facts, service: ServiceFacts, item: queries.ItemRow, provider: uuid.UUID) -> Shape:
    """As long as it was; another provider takes their own time unless somebody had set one for the visit."""
    usual = facts.shape(service, item.provider_id)
    hands = minutes_between(item.starts_at, item.provider_ends_at)
    total = minutes_between(item.starts_at, item.ends_at)
    if provider != item.provider_id and (hands, timedelta(minutes=total)) == (usual.hands, usual.total):
        return facts.shape(service, provider)
    finishing = min(usual.finishing, total - hands)
    return replace(usual, hands=hands, processing=total - hands - finishing, finishing=finishing)


def _held_by(row: queries.VisitRow) -> set[uuid.UUID]:
    """What the visit holds now: released under the same locks that the new claims are made under."""
    return {one for item in row.items for one in (item.provider_id, *(r.resource_id for r in item.resources))}


def _state(appointment: Appointment) -> dict[str, str]:
    return {"status_now": appointment.status.value}
