"""The one way into an occupied state: lock, check under the locks, write all claims or none.

Booking, moving, reassigning, restoring, follow-ups and walk-ins all end here.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError, NotFound
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    AppointmentEvent,
    AppointmentStatus,
    CancelReason,
    ClientFlag,
    Permission,
    SoftRule,
    VisitSource,
)
from operational.booking.choose import Chosen, choose
from operational.booking.errors import (
    ClientNotBookable,
    LocationClosed,
    NeedsOverride,
    OutsideShift,
    ProviderAway,
    ResourceDown,
    SlotTaken,
    translating,
)
from operational.booking.facts import Facts, Place
from operational.booking.plan import subjects_of
from operational.booking.rules import broken
from operational.booking.shape import Asked, Claim, Placed, claims_of
from operational.identity.access import Actor

LOCK_BUDGET_MS = 3000
"""For all locks of a booking together; past it the answer is 409, try again."""
REFUSING = {ClientFlag.DO_NOT_TREAT: "marked do not treat", ClientFlag.DECEASED: "marked deceased"}

_NOT_THIS_WAY = (SlotTaken, NeedsOverride, OutsideShift, ProviderAway, ResourceDown, LocationClosed)
"""Somebody who takes another time for it may still do."""
_LOCK = text("select booking_lock(cast(:subjects as uuid[]), :budget)")
_PROBE = text(
    "select booking_probe(:location, :client, :skip, cast(:subjects as uuid[]),"
    " cast(:items as jsonb), :budget, :now)"
)
_WRITE = text("select booking_write(cast(:visit as jsonb))")


@dataclass(frozen=True, slots=True)
class Visit:
    """The head of a visit that is about to hold time."""

    id: uuid.UUID
    is_new: bool
    place: Place
    client_id: uuid.UUID | None
    """None for a hold: nobody is known yet."""
    status: AppointmentStatus
    event: AppointmentEvent
    source: VisitSource = VisitSource.DESK
    follow_up_of_id: uuid.UUID | None = None
    rescheduled_from_id: uuid.UUID | None = None
    reason: CancelReason | None = None
    arrived_at: datetime | None = None
    """Of a visit that exists: it stays unless something says otherwise."""
    hold_id: uuid.UUID | None = None
    """What kept the time for this visit."""


def lock(session: Session, subjects: Iterable[uuid.UUID | str]) -> None:
    """Take the locks of these subjects until the transaction ends, in their order. Raises TryAgain."""
    values = {"subjects": [str(one) for one in subjects], "budget": LOCK_BUDGET_MS}
    with translating():
        session.execute(_LOCK, values)


def find_place(
    session: Session,
    actor: Actor,
    visit: Visit,
    ways: Sequence[Sequence[Asked]],
    overrides: Collection[SoftRule],
    *,
    skip: uuid.UUID | None = None,
    also_lock: Collection[uuid.UUID] = (),
    rules: Facts | None = None,
    granted: Collection[SoftRule] = (),
    settled: Collection[uuid.UUID] = (),
) -> Chosen:
    """Lock every candidate and choose. `skip` is the visit or hold whose own claims do not count against it.

    `ways` are the items in as many ways as candidates take different times: the first that can be is chosen.
    `granted` are soft rules that the visit broke before, with a permission of that time.
    With `rules` the services' rules about when to start count too, but for items that are `settled`.
    Raises SlotTaken, NeedsOverride,
    OutsideShift, ProviderAway, ResourceDown, LocationClosed, AgeLimit, ClientNotBookable or TryAgain.
    """
    if overrides:
        actor.require(Permission.BOOKING_OVERRIDE, visit.place.id)
    if not ways:
        raise ValueError("a visit without a way to plan it")
    subjects = subjects_of(ways, *filter(None, [visit.client_id]), *also_lock)
    refused: list[DomainError] = []
    for items in ways:
        values = {
            "location": visit.place.id,
            "client": visit.client_id,
            "skip": skip,
            "subjects": subjects,
            "items": questions_of(items),
            "budget": LOCK_BUDGET_MS,
            "now": clock.now(),
        }
        with translating():
            found: dict[str, Any] = session.execute(_PROBE, values).scalar_one()
        if visit.client_id is not None:
            _check_client(found["client"])
        try:
            fresh = [item for item in items if item.id not in settled]
            return choose(items, found["items"], {*overrides, *granted}, _broken(rules, fresh))
        except _NOT_THIS_WAY as error:
            refused.append(error)
    raise refused[0]


def _broken(rules: Facts | None, items: Sequence[Asked]) -> set[SoftRule]:
    if rules is None:
        return set()
    return {one for item in items for one in broken(rules, rules.service(item.service_id), item.starts_at)}


def write(session: Session, actor: Actor, visit: Visit, chosen: Chosen) -> None:
    """Write the visit with all its claims in one statement; an existing one releases its old claims first."""
    with translating():
        session.execute(_WRITE, {"visit": document_of(actor, visit, chosen)})


def document_of(actor: Actor, visit: Visit, chosen: Chosen) -> str:
    """The one document that `booking_write` takes."""
    items = chosen.items
    starts_at = min(item.asked.starts_at for item in items)
    now = clock.now()
    document = {
        "id": visit.id,
        "is_new": visit.is_new,
        "now": now,
        "today": visit.place.business_date(now),
        "client_id": visit.client_id,
        "location_id": visit.place.id,
        "starts_at": starts_at,
        "ends_at": max(item.asked.client_time[1] for item in items),
        "business_date": visit.place.business_date(starts_at),
        "status": visit.status,
        "arrived_at": visit.arrived_at,
        "source": visit.source,
        "staff_id": actor.staff_id,
        "follow_up_of_id": visit.follow_up_of_id,
        "rescheduled_from_id": visit.rescheduled_from_id,
        "hold_id": visit.hold_id,
        "history_id": new_id(),
        "event": visit.event,
        "override": ",".join(sorted(chosen.broken)) or None,
        "reason": visit.reason,
        "items": [_item(item) for item in items],
        "resources": [
            {"id": need.row_id, "item_id": item.asked.id, "resource_id": resource}
            for item in items
            for need, resource in zip(item.asked.needs, item.resources, strict=True)
        ],
        "claims": claims_as_json(items),
    }
    return json.dumps(document, default=plain)


def _check_client(client: dict[str, Any] | None) -> None:
    if client is None:
        raise NotFound("There is no such client.")
    if client["merged"]:
        raise ClientNotBookable("This record was merged into another; book for that one.")
    for flag, words in REFUSING.items():
        if flag in client["flags"]:
            raise ClientNotBookable(f"The client is {words}.", {"flag": flag.value})


def questions_of(items: Sequence[Asked]) -> str:
    """What `booking_probe` is asked about each item."""
    return json.dumps([_question(item) for item in items])


def _question(item: Asked) -> dict[str, Any]:
    return {
        "starts_at": item.starts_at.isoformat(),
        "shape": item.shape.as_json(),
        "providers": [str(one) for one in item.providers],
        "pools": [
            {"kind": need.kind.value, "ids": [str(one) for one in pool]}
            for need, pool in zip(item.needs, item.pools, strict=True)
        ],
    }


def claims_as_json(items: Sequence[Placed]) -> list[dict[str, Any]]:
    return [_claim(one) for one in claims_of(items)]


def _item(item: Placed) -> dict[str, Any]:
    return {
        "id": item.asked.id,
        "position": item.asked.position,
        "service_id": item.asked.service_id,
        "provider_id": item.provider_id,
        "starts_at": item.asked.starts_at,
        "provider_ends_at": item.asked.hands_on[1],
        "ends_at": item.asked.client_time[1],
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "id": new_id(),
        "subject_kind": claim.kind,
        "subject_id": claim.subject_id,
        "starts_at": claim.starts_at,
        "ends_at": claim.ends_at,
        "hard": claim.hard,
    }


def plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
