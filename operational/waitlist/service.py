"""Wishes of clients for a time: added, listed in order, taken back. Offers are made in offering.py."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import organization_of
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import OfferStatus, Permission, WaitlistStatus
from operational.client_records import open_client
from operational.etag import check_if_match
from operational.identity.access import Actor
from operational.models import Location, Service, StaffMember, WaitlistEntry, WaitlistLook, WaitlistOffer
from operational.rows import get_row
from operational.waitlist.errors import NotWaiting


def add(session: Session, actor: Actor, values: dict[str, Any]) -> WaitlistEntry:
    """Somebody wants a time. Who asked first is offered first. Raises NotFound, Invalid, ClientMerged."""
    location_id: uuid.UUID = values["location_id"]
    actor.require(Permission.BOOKING_WRITE, location_id)
    location = get_row(session, Location, location_id)
    open_client(session, values["client_id"])
    if values["provider_id"] is not None:
        get_row(session, StaffMember, values["provider_id"])
    wanted = values["service_ids"]
    known = set(session.scalars(select(Service.id).where(Service.id.in_(wanted), Service.active)))
    if set(wanted) - known:
        raise NotFound("There is no such service.")
    if values["until_date"] < today(location):
        raise Invalid("until_date: this day is over.")
    entry = WaitlistEntry(
        org_id=organization_of(session),
        status=WaitlistStatus.WAITING,
        added_by=actor.staff_id,
        passed_over=[],
        **values,
    )
    session.add(entry)
    session.flush()
    return entry


def today(location: Location) -> date:
    return clock.business_date(clock.now(), location.timezone, location.cutover_hour)


def waiting(location_id: uuid.UUID | None) -> Select[Any]:
    """Who waits, in order of asking."""
    statement = select(WaitlistEntry).where(WaitlistEntry.status == WaitlistStatus.WAITING)
    if location_id is not None:
        statement = statement.where(WaitlistEntry.location_id == location_id)
    return statement


def take_back(session: Session, actor: Actor, entry_id: uuid.UUID, if_match: str | None) -> WaitlistEntry:
    """Nothing more is offered; an open offer ends. Raises NotWaiting."""
    entry = get_row(session, WaitlistEntry, entry_id, lock=True)
    actor.require(Permission.BOOKING_WRITE, entry.location_id)
    check_if_match(entry, if_match)
    if entry.status is not WaitlistStatus.WAITING:
        raise NotWaiting("Load the waitlist again to see who waits.")
    end(session, entry)
    session.refresh(entry)
    return entry


def end(session: Session, entry: WaitlistEntry) -> None:
    """Under the lock of the wish: nothing more is offered, and an open offer ends."""
    entry.status = WaitlistStatus.ENDED
    close_offers(session, entry.id, OfferStatus.SUPERSEDED)
    session.flush()


def close_offers(session: Session, entry_id: uuid.UUID, status: OfferStatus) -> None:
    """End the open offers of a wish. With their links one leaves the waitlist still."""
    session.execute(
        update(WaitlistOffer)
        .where(WaitlistOffer.waitlist_entry_id == entry_id, WaitlistOffer.status == OfferStatus.OFFERED)
        .values(status=status, answered_at=clock.now())
    )


def look_again(session: Session, location_id: uuid.UUID) -> None:
    """Time may have come free: the worker goes through the waitlist."""
    session.add(WaitlistLook(org_id=organization_of(session), location_id=location_id))
    session.flush()
