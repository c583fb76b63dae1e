"""Book a new visit: at the desk, as a follow-up, as a walk-in. Moving one is in move.py."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import AppointmentEvent, AppointmentStatus, Permission, VisitSource
from operational.booking import claim, hold, plan, queries
from operational.booking.errors import AgeLimit, NotBookable
from operational.booking.facts import Facts, facts_for
from operational.booking.schemas import NewItem, NewVisit
from operational.identity.access import Actor


def book(
    session: Session, actor: Actor, request: NewVisit, source: VisitSource = VisitSource.DESK
) -> queries.VisitRow:
    """A new visit that holds its time, booked all or nothing. `source` ONLINE: by the client.

    Raises what stands in the way (operational.booking.errors); nothing is written then.
    """
    actor.require(Permission.BOOKING_WRITE, request.location_id)
    facts = facts_for(session, request.location_id, request.items, request.client_id)
    if source is VisitSource.ONLINE:
        require_online(facts, request.items)
    ways = plan.options(facts, request.items, request.starts_at, walk_in=request.walk_in)
    if request.follow_up_of_id is not None:
        _check_follow_up(session, request.follow_up_of_id, request.client_id)
    kept: frozenset[uuid.UUID] = frozenset()
    if request.hold_id is not None:
        hold.require_held(session, request.hold_id, request.location_id)
        kept = hold.kept_by(session, request.hold_id)
        ways = tuple(hold.preferring(items, kept) for items in ways)
    visit = claim.Visit(
        id=new_id(),
        is_new=True,
        place=facts.place,
        client_id=request.client_id,
        status=AppointmentStatus.BOOKED,
        event=AppointmentEvent.BOOKED,
        source=_source(request, source),
        follow_up_of_id=request.follow_up_of_id,
        hold_id=request.hold_id,
    )
    chosen = claim.find_place(
        session,
        actor,
        visit,
        ways,
        request.overrides,
        skip=request.hold_id,
        also_lock=kept,
        # Who walks in starts now: neither lead time nor interval is meant for them.
        rules=None if request.walk_in else facts,
    )
    if request.hold_id is not None:
        # Under the locks: nobody else books with it from here on.
        hold.require_held(session, request.hold_id, request.location_id)
    claim.write(session, actor, visit, chosen)
    return queries.visit(session, visit.id)


def require_online(facts: Facts, items: Sequence[NewItem]) -> None:
    """Raises NotBookable for a service that clients do not book themselves, AgeLimit without a birth date."""
    for position, item in enumerate(items):
        service = facts.service(item.service_id)
        if not service.rule.online:
            raise NotBookable("Clients book this service with the practice.", {"item": position})
        client = (facts.client or {}).get(service.id)
        if service.rule.limits_age and client is not None and not client.age_known:
            raise AgeLimit("Send the birth date first.", {"item": position})


def _source(request: NewVisit, source: VisitSource) -> VisitSource:
    if request.walk_in:
        return VisitSource.WALK_IN
    return VisitSource.FOLLOW_UP if request.follow_up_of_id is not None else source


def _check_follow_up(session: Session, earlier_id: uuid.UUID, client_id: uuid.UUID) -> None:
    if queries.visit(session, earlier_id).client_id != client_id:
        raise Invalid("follow_up_of_id: name an earlier appointment of the same client.")
