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
    PublicTextKind,
    Purpose,
    VisitSource,
    WaitlistStatus,
)
from operational import links, notices
from operational.booking.book import book
from operational.booking.schemas import NewItem, NewVisit
from operational.client_records import of_client, root_of
from operational.identity.access import EVERYWHERE, Actor
from operational.models import LinkToken, PolicyAcceptance, PublicText, WaitlistEntry, WaitlistOffer
from operational.online.details import Agreed
from operational.online.errors import NotOffered
from operational.online.manage import link_to
from operational.online.place import Place, current_text, may_wait, of_location, offered
from operational.privacy.audit import open_audit
from operational.privacy.vault import Vault, attach
from operational.waitlist.errors import OfferGone, PolicyNotAccepted
from operational.waitlist.service import close_offers, end, look_again, waiting


@dataclass(frozen=True, slots=True)
class Offered:
    """What a link tells whoever holds it: when and where, nothing about a person or a treatment."""

    place: Place
    starts_at: datetime
    expires_at: datetime
    open: bool
    """It can be taken."""
    waits: bool
    """With the link they can leave the waitlist."""
    policy: PublicText | None
    """What who waits by themselves accepts with the time."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A time that was taken: the visit, and a link with which its client changes it."""

    appointment_id: uuid.UUID
    link: str


def show(engine: Engine, vault: Vault, token: str) -> Offered:
    """Looking uses nothing up. Raises OfferGone when there is nothing left to do with the link."""
    with _bearer(engine, vault, token) as (session, _, link_id):
        link = links.held(session, link_id)
        offer = session.get_one(WaitlistOffer, (link.org_id, link.subject_id))
        entry = session.get_one(WaitlistEntry, (link.org_id, offer.waitlist_entry_id))
        found = Offered(
            place=of_location(session, offer.location_id),
            starts_at=offer.starts_at,
            expires_at=offer.expires_at,
            open=_is_open(offer),
            waits=entry.status is WaitlistStatus.WAITING,
            policy=_policy(session, entry),
        )
    if not (found.open or found.waits):
        raise OfferGone
    return found


def accept(engine: Engine, vault: Vault, token: str, agreed: Agreed | None = None) -> Taken:
    """Book the offered time. Of several who claim it one gets it.

    Raises OfferGone, TryAgain, and PolicyNotAccepted where who waits by themselves did not accept it.
    """
    with _bearer(engine, vault, token) as (session, actor, link_id):
        offer, entry = _open(session, link_id)
        _accept_policy(session, entry, agreed)
        links.consume(session, link_id)
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
    """Neither this one nor any other: all that they wait for at the location ends. Raises OfferGone."""
    with _bearer(engine, vault, token) as (session, _, link_id):
        entry, offer = _named(session, link_id)
        links.consume(session, link_id)
        if _is_open(offer):
            close_offers(session, entry.id, OfferStatus.DECLINED)
        theirs = session.scalars(
            waiting(entry.location_id)
            .where(of_client(WaitlistEntry.client_id, entry.client_id))
            .order_by(WaitlistEntry.id)
            .with_for_update()
        )
        for one in theirs.all():
            end(session, one)
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
    if entry.by_client:
        # What they could not book by themselves any more, the desk books.
        services = offered(session, entry.service_ids)
        if not may_wait(of_location(session, entry.location_id), services):
            raise NotOffered
    visit = book(session, actor, request, VisitSource.ONLINE if entry.by_client else VisitSource.DESK)
    offer.status, offer.answered_at, offer.appointment_id = OfferStatus.ACCEPTED, clock.now(), visit.id
    entry.status, entry.appointment_id = WaitlistStatus.BOOKED, visit.id
    session.flush()
    return visit.id


def _open(session: Session, link_id: uuid.UUID) -> tuple[WaitlistOffer, WaitlistEntry]:
    """What the link offers and for whom, while it can be answered. Raises OfferGone."""
    entry, offer = _named(session, link_id)
    if not _is_open(offer):
        raise OfferGone
    return offer, entry


def _is_open(offer: WaitlistOffer) -> bool:
    return offer.status is OfferStatus.OFFERED and offer.expires_at > clock.now()


def _named(session: Session, link_id: uuid.UUID) -> tuple[WaitlistEntry, WaitlistOffer]:
    """What the link is about, locked in the order of the desk and of expiry: the wish, its offer."""
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
    return entry, offer


def _policy(session: Session, entry: WaitlistEntry) -> PublicText | None:
    if not entry.by_client:
        return None
    return current_text(session, entry.location_id, PublicTextKind.CANCELLATION_POLICY)


def _accept_policy(session: Session, entry: WaitlistEntry, agreed: Agreed | None) -> None:
    """The very words that stand, kept as evidence."""
    policy = _policy(session, entry)
    if policy is None:
        return
    if agreed is None or agreed.policy_sha256 != policy.sha256:
        raise PolicyNotAccepted("Read the cancellation policy and accept it with the time.")
    session.add(
        PolicyAcceptance(
            org_id=entry.org_id, waitlist_entry_id=entry.id, text_id=policy.id, text_sha256=policy.sha256,
            accepted_at=clock.now(), address=agreed.address, user_agent=agreed.user_agent,
        )
    )  # fmt: skip
    session.flush()


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
