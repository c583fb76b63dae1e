"""What an organization decides about its public pages: what is offered, the texts, who may frame them.

Also its word on bookings that it asked to approve.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import NotFound
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import CancelReason, OnlineState, Permission, PublicTextKind, TaskKind
from operational.booking import cancel as cancelling
from operational.booking import queries
from operational.checkout.fees import deposit_left
from operational.identity.access import Actor
from operational.leads.tasks import add_task, finish_all
from operational.models import (
    Location,
    OnlineBooking,
    OnlineLocation,
    OnlineOrigin,
    OnlineService,
    PublicText,
    Service,
)
from operational.online import place
from operational.online.errors import NotNow
from operational.rows import get_row


def set_location(
    session: Session, actor: Actor, location_id: uuid.UUID, values: Mapping[str, Any]
) -> OnlineLocation:
    actor.require(Permission.ORGANIZATION_MANAGE, location_id)
    get_row(session, Location, location_id)
    there = select(OnlineLocation).where(OnlineLocation.location_id == location_id)
    row = session.scalars(there.with_for_update()).one_or_none()
    chosen = dict(values)
    # Whoever was told that a fee is billed to them is billed.
    since = (row.fees_to_card_since if row else None) or clock.now()
    chosen["fees_to_card_since"] = since if chosen.pop("fees_to_card") else None
    _put(session, OnlineLocation, "location_id", {"location_id": location_id, **chosen}, actor)
    return session.scalars(there).one()


def set_service(
    session: Session, actor: Actor, service_id: uuid.UUID, values: Mapping[str, Any]
) -> OnlineService:
    actor.require_everywhere(Permission.CATALOGUE_MANAGE)
    get_row(session, Service, service_id)
    _put(session, OnlineService, "service_id", {"service_id": service_id, **values}, actor)
    return session.scalars(select(OnlineService).where(OnlineService.service_id == service_id)).one()


def set_origins(session: Session, actor: Actor, origins: list[str]) -> list[str]:
    """The web sites that may frame our public pages: these and no others."""
    actor.require_everywhere(Permission.ORGANIZATION_MANAGE)
    session.execute(delete(OnlineOrigin).where(OnlineOrigin.origin.not_in(origins)))
    for origin in dict.fromkeys(origins):
        values = {"org_id": actor.org_id, "id": new_id(), "origin": origin, "created_at": clock.now()}
        session.execute(insert(OnlineOrigin).values(values).on_conflict_do_nothing())
    return place.origins(session)


def publish_text(
    session: Session, actor: Actor, location_id: uuid.UUID, kind: PublicTextKind, body: str
) -> PublicText:
    """A new version; who agreed to an older one agreed to that."""
    actor.require(Permission.ORGANIZATION_MANAGE, location_id)
    # The lock gives versions their numbers one after the other.
    get_row(session, Location, location_id, lock=True)
    last = session.scalar(
        select(func.max(PublicText.number)).where(
            PublicText.location_id == location_id, PublicText.kind == kind
        )
    )
    text = PublicText(
        org_id=actor.org_id, location_id=location_id, kind=kind, number=(last or 0) + 1, body=body,
        sha256=hashlib.sha256(body.encode()).hexdigest(),
    )  # fmt: skip
    session.add(text)
    session.flush()
    return text


def approve(session: Session, actor: Actor, booking_id: uuid.UUID) -> OnlineBooking:
    """The visit may take place."""
    row = _requested(session, actor, booking_id)
    row.state = OnlineState.BOOKED
    finish_all(session, actor, TaskKind.APPROVE_BOOKING, online_booking_id=row.id)
    session.flush()
    return row


def decline(session: Session, actor: Actor, booking_id: uuid.UUID) -> OnlineBooking:
    """The visit is cancelled by the practice; somebody is asked to return its deposit."""
    row = _requested(session, actor, booking_id)
    appointment_id = row.appointment_id
    if appointment_id is None:
        raise NotNow
    if queries.visit(session, appointment_id).status in cancelling.WAITING:
        cancelling.cancel(session, actor, appointment_id, by="practice", reason=CancelReason.OTHER)
    row.state = OnlineState.DECLINED
    finish_all(session, actor, TaskKind.APPROVE_BOOKING, online_booking_id=row.id)
    if deposit_left(session, appointment_id):
        add_task(
            session, actor, TaskKind.RETURN_DEPOSIT, row.location_id, client_id=row.client_id,
            appointment_id=appointment_id, online_booking_id=row.id,
        )  # fmt: skip
    session.flush()
    return row


def _requested(session: Session, actor: Actor, booking_id: uuid.UUID) -> OnlineBooking:
    row = get_row(session, OnlineBooking, booking_id, lock=True)
    if not actor.may(Permission.BOOKING_WRITE, row.location_id):
        raise NotFound("There is no such online booking.")
    if row.state is not OnlineState.REQUESTED:
        raise NotNow("This booking does not wait for an approval.")
    return row


def _put(session: Session, model: Any, key: str, values: dict[str, Any], actor: Actor) -> None:
    """Set all that is decided about one thing, whether something was before or not."""
    new = {"org_id": actor.org_id, "id": new_id(), "created_at": clock.now(), **values}
    changed = {name: value for name, value in values.items() if name != key}
    statement = insert(model).values(new)
    session.execute(statement.on_conflict_do_update(index_elements=["org_id", key], set_=changed))
    session.expire_all()
