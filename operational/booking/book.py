"""Book a new visit: at the desk, as a follow-up, as a walk-in. Moving one is in move.py."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import AppointmentEvent, AppointmentStatus, Permission, VisitSource
from operational.booking import claim, hold, queries
from operational.booking.facts import facts_for
from operational.booking.plan import plan_visit
from operational.booking.schemas import NewVisit
from operational.identity.access import Actor


def book(session: Session, actor: Actor, request: NewVisit) -> queries.VisitRow:
    """A new visit that holds its time, booked all or nothing.

    Raises what stands in the way (operational.booking.errors); nothing is written then.
    """
    actor.require(Permission.BOOKING_WRITE, request.location_id)
    facts = facts_for(session, request.location_id, request.items)
    items = plan_visit(facts, request.items, request.starts_at, walk_in=request.walk_in)
    if request.follow_up_of_id is not None:
        _check_follow_up(session, request.follow_up_of_id, request.client_id)
    kept: frozenset[uuid.UUID] = frozenset()
    if request.hold_id is not None:
        hold.require_held(session, request.hold_id, request.location_id)
        kept = hold.kept_by(session, request.hold_id)
        items = hold.preferring(items, kept)
    visit = claim.Visit(
        id=new_id(),
        is_new=True,
        place=facts.place,
        client_id=request.client_id,
        status=AppointmentStatus.BOOKED,
        event=AppointmentEvent.BOOKED,
        source=_source(request),
        follow_up_of_id=request.follow_up_of_id,
        hold_id=request.hold_id,
    )
    chosen = claim.find_place(
        session, actor, visit, items, request.overrides, skip=request.hold_id, also_lock=kept
    )
    if request.hold_id is not None:
        # Under the locks: nobody else books with it from here on.
        hold.require_held(session, request.hold_id, request.location_id)
    claim.write(session, actor, visit, chosen)
    return queries.visit(session, visit.id)


def _source(request: NewVisit) -> VisitSource:
    if request.walk_in:
        return VisitSource.WALK_IN
    return VisitSource.FOLLOW_UP if request.follow_up_of_id is not None else VisitSource.DESK


def _check_follow_up(session: Session, earlier_id: uuid.UUID, client_id: uuid.UUID) -> None:
    if queries.visit(session, earlier_id).client_id != client_id:
        raise Invalid("follow_up_of_id: name an earlier appointment of the same client.")
