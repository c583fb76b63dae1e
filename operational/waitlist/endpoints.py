"""The waitlist over REST: for the desk, and for whoever holds the link of an offer."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from medspa.kernel.vocabulary import Permission, Purpose
from operational import links
from operational.etag import IfMatch, set_etag
from operational.identity.dependencies import Slot, needs, services_of
from operational.identity.unit import Unit
from operational.models import WaitlistEntry, WaitlistOffer
from operational.online import guard
from operational.online.details import Agreed
from operational.openapi import problem_response
from operational.paging import Cursor, Limit, Page, by_id
from operational.privacy.schemas import render, render_many
from operational.routing import AreaRouter
from operational.waitlist import claiming, schemas, service
from operational.waitlist.errors import OfferGone

router = AreaRouter(prefix="/v1", tags=["waitlist"])

Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]
FREE_TRIES = 30
PUBLIC: dict[int | str, dict[str, Any]] = {410: problem_response(410), 429: problem_response(429)}


@router.get("/waitlist")
def list_waitlist(
    unit: Reader, location_id: uuid.UUID | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.WaitlistOut]:
    """Who waits, in the order of asking."""
    statement = service.waiting(location_id)
    if (where := _at(unit, WaitlistEntry.location_id, location_id)) is not None:
        statement = statement.where(where)
    rows, following = by_id(unit.session, statement, WaitlistEntry.id, limit, cursor)
    shown = render_many(unit.session, unit.actor, "waitlist.list", schemas.WaitlistOut, rows)
    return Page(items=shown, next_cursor=following)


@router.post("/waitlist", status_code=201)
def add_to_waitlist(unit: Writer, response: Response, body: schemas.WaitlistIn) -> schemas.WaitlistOut:
    """Time that is or comes free and fits is offered by message, with a link to take it."""
    row = service.add(unit.session, unit.actor, body.model_dump())
    set_etag(response, row)
    return render(unit.session, unit.actor, "waitlist.entry", schemas.WaitlistOut, row)


@router.post("/waitlist/{waitlist_entry_id}/take-back")
def take_back(
    unit: Writer, response: Response, waitlist_entry_id: uuid.UUID, if_match: IfMatch = None
) -> schemas.WaitlistOut:
    """Nothing more is offered."""
    row = service.take_back(unit.session, unit.actor, waitlist_entry_id, if_match)
    set_etag(response, row)
    return render(unit.session, unit.actor, "waitlist.entry", schemas.WaitlistOut, row)


@router.get("/waitlist-offers")
def list_offers(
    unit: Reader, location_id: uuid.UUID | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.OfferOut]:
    """Every time that was offered, in order."""
    statement = select(WaitlistOffer)
    if (where := _at(unit, WaitlistOffer.location_id, location_id)) is not None:
        statement = statement.where(where)
    rows, following = by_id(unit.session, statement, WaitlistOffer.id, limit, cursor)
    shown = render_many(unit.session, unit.actor, "waitlist.offers", schemas.OfferOut, rows)
    return Page(items=shown, next_cursor=following)


@router.post("/waitlist-offers/view", responses=PUBLIC)
def show_offer(request: Request, body: schemas.OfferLink, _slot: Slot) -> schemas.OfferView:
    """What a link offers. A POST, so that the token is in no address and no log; uses nothing up."""
    with counted(request, body.token):
        services = services_of(request)
        offer = claiming.show(services.engine, services.vault, body.token)
    if not offer.open:
        raise OfferGone
    return schemas.OfferView(
        location=offer.place.name, timezone=offer.place.timezone, starts_at=offer.starts_at,
        expires_at=offer.expires_at,
        policy=offer.policy and schemas.OfferPolicy.model_validate(offer.policy),
    )  # fmt: skip


@router.post("/waitlist-offers/accept", responses=PUBLIC)
def accept_offer(request: Request, body: schemas.OfferAnswer, _slot: Slot) -> schemas.OfferTaken:
    """Book the offered time. Of several who claim it one gets it."""
    agreed = None
    if body.policy_sha256 is not None:
        agreed = Agreed(body.policy_sha256, False, guard.address_of(request), guard.agent_of(request))
    with counted(request, body.token):
        services = services_of(request)
        taken = claiming.accept(services.engine, services.vault, body.token, agreed)
        return schemas.OfferTaken(appointment_id=taken.appointment_id)


@router.post("/waitlist-offers/decline", responses=PUBLIC)
def decline_offer(request: Request, body: schemas.OfferLink, _slot: Slot) -> schemas.OfferDeclined:
    """Not this time; the next in order is offered it."""
    with counted(request, body.token):
        services = services_of(request)
        claiming.decline(services.engine, services.vault, body.token)
        return schemas.OfferDeclined()


@router.post("/waitlist-offers/leave", responses=PUBLIC)
def leave_waitlist(request: Request, body: schemas.OfferLink, _slot: Slot) -> schemas.WaitlistLeft:
    """Off the waitlist, also with the link of an offer that is over."""
    with counted(request, body.token):
        services = services_of(request)
        claiming.leave(services.engine, services.vault, body.token)
        return schemas.WaitlistLeft()


def _at(
    unit: Unit, column: InstrumentedAttribute[uuid.UUID], location_id: uuid.UUID | None
) -> ColumnElement[bool] | None:
    """One location, or those at which bookings may be read. Raises Forbidden."""
    unit.actor.require(Permission.BOOKING_READ, location_id)
    if location_id is not None:
        return column == location_id
    places = unit.actor.places_of(Permission.BOOKING_READ)
    return None if places is None else column.in_(places)


@contextmanager
def counted(request: Request, token: str) -> Iterator[None]:
    """Who tries links that do not exist waits. Raises TooManyAttempts."""
    engine = services_of(request).engine
    if links.find(engine, links.WAITLIST_OFFER, token) is None:
        guard.count(request, "offer", FREE_TRIES)
    yield
