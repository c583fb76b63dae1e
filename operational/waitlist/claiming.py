"""Taking or declining an offered time by link. Taking it is booking it, by the same path and locks."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import TenantSession, bind_organization, new_session
from medspa.kernel.errors import DomainError, TryAgain
from medspa.kernel.vocabulary import (
    ActorKind,
    NoticeKind,
    OfferStatus,
    Permission,
    Purpose,
    WaitlistStatus,
)
from operational import links, notices
from operational.booking.book import book
from operational.booking.schemas import NewItem, NewVisit
from operational.client_records import root_of
from operational.identity.access import EVERYWHERE, Actor
from operational.models import LinkToken, WaitlistEntry, WaitlistOffer
from operational.online.manage import link_to
from operational.online.place import Place, of_location
from operational.privacy.audit import open_audit
from operational.privacy.vault import Vault, attach
from operational.waitlist.errors import OfferGone
from operational.waitlist.service import close_offers, end, look_again


@dataclass(frozen=True, slots=True)
class Offered:
    """What a link tells whoever holds it: when and where, nothing about a person or a treatment."""

    place: Place
    starts_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A time that was taken: the visit, and a link with which its client changes it."""

    appointment_id: uuid.UUID
    link: str


def show(engine: Engine, vault: Vault, token: str) -> Offered:
    """Looking uses nothing up. Raises OfferGone."""
    with _bearer(engine, vault, token) as (session, _, link_id):
        link = links.held(session, link_id)
        offer = session.get_one(WaitlistOffer, (link.org_id, link.subject_id))
        return Offered(of_location(session, offer.location_id), offer.starts_at, offer.expires_at)


def accept(engine: Engine, vault: Vault, token: str) -> Taken:
    """Book the offered time. Of several who claim it one gets it. Raises OfferGone, TryAgain."""
    with _bearer(engine, vault, token) as (session, actor, link_id):
        offer, entry = _open(session, link_id)
        try:
            with session.begin_nested():
                visit_id = _book(session, actor, offer, entry)
        except TryAgain:
            raise
        except DomainError:
            taken = None
            close_offers(session, entry.id, OfferStatus.SUPERSEDED)
            look_again(session, offer.location_id)
        else:
            taken = Taken(visit_id, link_to(session, visit_id))
            notices.notify(
                session, location_id=offer.location_id, permission=Permission.BOOKING_WRITE,
                kind=NoticeKind.BOOKED_ONLINE, subject_id=visit_id,
            )  # fmt: skip
    if taken is None:
        raise OfferGone("Somebody else took this time. You are still on the waitlist.")
    return taken


def decline(engine: Engine, vault: Vault, token: str) -> None:
    """Not this one; the next in order is offered it. Raises OfferGone."""
    with _bearer(engine, vault, token) as (session, _, link_id):
        offer, entry = _open(session, link_id)
        close_offers(session, entry.id, OfferStatus.DECLINED)
        look_again(session, offer.location_id)


def leave(engine: Engine, vault: Vault, token: str) -> None:
    """Neither this one nor any other: they are off the waitlist. Raises OfferGone."""
    with _bearer(engine, vault, token) as (session, _, link_id):
        offer, entry = _open(session, link_id)
        close_offers(session, entry.id, OfferStatus.DECLINED)
        if entry.status is WaitlistStatus.WAITING:
            end(session, entry)
        look_again(session, offer.location_id)


def _book(session: Session, actor: Actor, offer: WaitlistOffer, entry: WaitlistEntry) -> uuid.UUID:
    if entry.status is not WaitlistStatus.WAITING:
        raise OfferGone
    items = [
        NewItem(service_id=service_id, provider_id=offer.provider_id if place == 0 else entry.provider_id)
        for place, service_id in enumerate(entry.service_ids)
    ]
    request = NewVisit(
        client_id=root_of(session, entry.client_id),
        location_id=offer.location_id,
        starts_at=offer.starts_at,
        items=items,
    )
    visit = book(session, actor, request)
    offer.status, offer.answered_at, offer.appointment_id = OfferStatus.ACCEPTED, clock.now(), visit.id
    entry.status, entry.appointment_id = WaitlistStatus.BOOKED, visit.id
    session.flush()
    return visit.id


def _open(session: Session, link_id: uuid.UUID) -> tuple[WaitlistOffer, WaitlistEntry]:
    """What the link offers, for whom, the link used up. Raises OfferGone.

    Locked in the order of the desk and of expiry: the wish, its offer, its link.
    """
    named = session.scalar(
        select(WaitlistOffer)
        .join(
            LinkToken, (LinkToken.org_id == WaitlistOffer.org_id) & (LinkToken.subject_id == WaitlistOffer.id)
        )
        .where(LinkToken.id == link_id)
    )
    if named is None:
        raise OfferGone
    entry = session.get_one(WaitlistEntry, (named.org_id, named.waitlist_entry_id), with_for_update=True)
    offer = session.get_one(
        WaitlistOffer, (named.org_id, named.id), with_for_update=True, populate_existing=True
    )
    if offer.status is not OfferStatus.OFFERED or offer.expires_at <= clock.now():
        raise OfferGone
    links.consume(session, link_id)
    return offer, entry


@contextmanager
def _bearer(engine: Engine, vault: Vault, token: str) -> Iterator[tuple[TenantSession, Actor, uuid.UUID]]:
    """A transaction of whoever holds the link: may book that time, and do nothing else."""
    found = links.find(engine, links.WAITLIST_OFFER, token)
    if found is None:
        raise OfferGone
    actor = Actor(
        org_id=found.org_id, kind=ActorKind.CLIENT, id=found.link_id, staff_id=None, origin="link:waitlist",
        permissions={EVERYWHERE: frozenset({Permission.BOOKING_WRITE})},
    )  # fmt: skip
    with new_session(engine) as session:
        bind_organization(session, found.org_id)
        attach(session, vault)
        with session.begin():
            open_audit(session, actor, Purpose.OPERATIONS)
            try:
                yield session, actor, found.link_id
            except links.LinkUnusable:
                raise OfferGone from None
