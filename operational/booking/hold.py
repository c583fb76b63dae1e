"""Keeps time while somebody chooses, books it for them, gives it back. Booking itself is book.py's.

A hold claims like a visit, by the same path and under the same locks; it ends by its expiry, which needs
nobody to come by: expired claims are ignored by availability and put out by the next booking.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import NotFound
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import AppointmentEvent, AppointmentStatus, HoldStatus, Permission, VisitSource
from operational.booking import claim
from operational.booking.errors import HoldUsed, translating
from operational.booking.facts import Facts, facts_for
from operational.booking.plan import options
from operational.booking.schemas import NewHold
from operational.booking.shape import Asked, Placed
from operational.identity.access import Actor
from operational.models import Hold, Occupancy

_HOLD = text("select booking_hold(cast(:document as jsonb))")
_END = text("select booking_end_hold(:id, :status, null)")


@dataclass(frozen=True, slots=True)
class Held:
    """Time that is kept, and for whom to do what."""

    id: uuid.UUID
    location_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    items: tuple[Placed, ...]


def keep(
    session: Session,
    actor: Actor,
    request: NewHold,
    source: VisitSource = VisitSource.DESK,
    replacing: uuid.UUID | None = None,
) -> Held:
    """Keep free time for `request.minutes`. Raises what booking it would raise.

    `replacing` is a hold of the same person, expired or not: what it kept does not stand in the way, is
    preferred, and is given back once the new one keeps its time. Raises HoldUsed when it was booked with.
    """
    actor.require(Permission.BOOKING_WRITE, request.location_id)
    facts = facts_for(session, request.location_id, request.items)
    ways = options(facts, request.items, request.starts_at)
    kept: frozenset[uuid.UUID] = frozenset()
    if replacing is not None:
        kept = kept_by(session, replacing)
        ways = tuple(preferring(items, kept) for items in ways)
    chosen = claim.find_place(
        session, actor, _nobodys(facts, source), ways, (), skip=replacing, also_lock=kept, rules=facts
    )
    if replacing is not None:
        if _found(session, replacing).status is HoldStatus.BOOKED:
            raise HoldUsed("It was booked.")
        session.execute(_END, {"id": replacing, "status": HoldStatus.RELEASED})
    now = clock.now()
    held = Held(
        id=new_id(),
        location_id=request.location_id,
        starts_at=min(item.asked.starts_at for item in chosen.items),
        ends_at=max(item.asked.client_time[1] for item in chosen.items),
        expires_at=now + timedelta(minutes=request.minutes),
        items=chosen.items,
    )
    document = {
        "id": held.id, "now": now, "location_id": held.location_id, "starts_at": held.starts_at,
        "ends_at": held.ends_at, "expires_at": held.expires_at, "source": source, "staff_id": actor.staff_id,
        "claims": claim.claims_as_json(held.items),
    }  # fmt: skip
    with translating():
        session.execute(_HOLD, {"document": json.dumps(document, default=claim.plain)})
    return held


def release(session: Session, actor: Actor, hold_id: uuid.UUID) -> None:
    """Give the time back. Once more, or after its expiry, changes nothing. Raises HoldUsed once booked."""
    hold = _found(session, hold_id)
    actor.require(Permission.BOOKING_WRITE, hold.location_id)
    claim.lock(session, kept_by(session, hold_id))
    if _found(session, hold_id).status is HoldStatus.BOOKED:
        raise HoldUsed("It was booked: cancel the appointment instead.")
    session.execute(_END, {"id": hold_id, "status": HoldStatus.RELEASED})


def require_held(session: Session, hold_id: uuid.UUID, location_id: uuid.UUID) -> None:
    """Raises HoldUsed for a hold that was booked with, was released, or is of another location."""
    hold = _found(session, hold_id)
    if hold.status is not HoldStatus.HELD or hold.location_id != location_id:
        raise HoldUsed("Choose the time again.")


def kept_by(session: Session, hold_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """The subjects whose time a hold keeps or kept."""
    return frozenset(session.scalars(select(Occupancy.subject_id).where(Occupancy.hold_id == hold_id)))


def preferring(items: Sequence[Asked], kept: frozenset[uuid.UUID]) -> tuple[Asked, ...]:
    """The same items, what is kept for them first among their candidates."""

    def first(ids: tuple[uuid.UUID, ...]) -> tuple[uuid.UUID, ...]:
        return tuple(sorted(ids, key=lambda one: one not in kept))

    return tuple(
        replace(
            item,
            ranks=tuple(
                -1 if one in kept else rank for one, rank in zip(item.providers, item.ranks, strict=True)
            ),
            pools=tuple(map(first, item.pools)),
        )
        for item in items
    )


def _nobodys(facts: Facts, source: VisitSource) -> claim.Visit:
    return claim.Visit(
        id=new_id(), is_new=True, place=facts.place, client_id=None,
        status=AppointmentStatus.BOOKED, event=AppointmentEvent.BOOKED, source=source,
    )  # fmt: skip


def _found(session: Session, hold_id: uuid.UUID) -> Hold:
    statement = select(Hold).where(Hold.id == hold_id).execution_options(populate_existing=True)
    hold = session.scalar(statement)
    if hold is None:
        raise NotFound("There is no such hold.")
    return hold
