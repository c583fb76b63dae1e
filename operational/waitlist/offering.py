"""Offers free time to who waits for it, in order, one at a time, and lets offers run out.

What is free is what availability says, whatever made it so. Nothing is held: a desk may still book it, and
then whoever claims it is told so (claiming.py).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import HoldStatus, MessageKind, OfferStatus, WaitlistStatus
from operational import links
from operational.booking.availability import MAX_DAYS, Question, Slot, Wanted, availability
from operational.identity.access import Actor
from operational.messaging.claim import quiet_hours, said_time
from operational.messaging.outbox import queue
from operational.models import (
    Hold,
    Location,
    LocationMessaging,
    WaitlistEntry,
    WaitlistLook,
    WaitlistOffer,
)
from operational.online.place import described, may_wait, of_location
from operational.waitlist.service import close_offers, look_again, today, waiting

OFFER_MINUTES = 30
"""Where the location says nothing else."""
LEAD = timedelta(minutes=30)
"""Between the end of an offer and its time: somebody has to get here."""
AT_ONCE = 200
UNANSWERED = 3
"""Offers in a row that nobody answers end a wish made by oneself: the number may be somebody else's."""
ENOUGH = 2_000
"""Free times that are looked through for the first that fits: of weeks, where starts are close together."""


def expire(session: Session) -> int:
    """End offers that have run out and wishes whose days are over; how many offers."""
    now = clock.now()
    over = session.scalars(
        select(WaitlistOffer)
        .where(WaitlistOffer.status == OfferStatus.OFFERED, WaitlistOffer.expires_at <= now)
        .order_by(WaitlistOffer.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for offer in over:
        close_offers(session, offer.waitlist_entry_id, OfferStatus.EXPIRED)
        look_again(session, offer.location_id)
    session.flush()
    return len(over)


def offer_free_times(session: Session, actor: Actor, settings: Settings) -> int:
    """Go through the waitlist of every location where time may have come free; how many offers."""
    made = 0
    looks: dict[uuid.UUID, list[uuid.UUID]] = {}
    for look in session.scalars(select(WaitlistLook)):
        looks.setdefault(look.location_id, []).append(look.id)
    for location in session.scalars(
        select(Location).where(Location.id.in_(looks)).order_by(Location.id)
    ).all():
        rules = session.scalar(select(LocationMessaging).where(LocationMessaging.location_id == location.id))
        if quiet_hours(rules, location.timezone).holds(clock.now()):
            continue  # An offer that nobody reads runs out.
        if not _kept_for_somebody(session, location):
            session.execute(delete(WaitlistLook).where(WaitlistLook.id.in_(looks[location.id])))
        made += _go_through(session, actor, settings, location, rules)
    return made


def _kept_for_somebody(session: Session, location: Location) -> bool:
    """Time that is held comes free without anybody's doing: the mark stays until it is booked or lapsed."""
    held = select(Hold.id).where(
        Hold.location_id == location.id, Hold.status == HoldStatus.HELD, Hold.expires_at > clock.now()
    )
    return session.scalar(held.limit(1)) is not None


def _go_through(
    session: Session, actor: Actor, settings: Settings, location: Location, rules: LocationMessaging | None
) -> int:
    minutes = rules.offer_minutes if rules is not None else OFFER_MINUTES
    expires_at = clock.now() + timedelta(minutes=minutes)
    taken = list(
        session.scalars(
            select(WaitlistOffer).where(
                WaitlistOffer.location_id == location.id, WaitlistOffer.status == OfferStatus.OFFERED
            )
        )
    )
    made = 0
    for entry in _in_order(session, location.id):
        if any(one.waitlist_entry_id == entry.id for one in taken):
            continue
        if entry.until_date < today(location):
            entry.status = WaitlistStatus.ENDED
            continue
        found = _first_fit(session, actor, location, entry, taken, expires_at + LEAD)
        if found is None:
            continue
        # They may have left, or taken another time, since the list was read.
        session.refresh(entry, with_for_update=True)
        if entry.status is WaitlistStatus.WAITING:
            taken.append(_offer(session, settings, location, entry, found, expires_at))
            made += 1
    return made


def _in_order(session: Session, location_id: uuid.UUID) -> Iterator[WaitlistEntry]:
    """Everybody who waits, in order; who joined by themselves once it was looked who they are."""
    known = or_(WaitlistEntry.added_by.is_not(None), WaitlistEntry.matched_at.is_not(None))
    ordered = waiting(location_id).where(known).order_by(WaitlistEntry.id).limit(AT_ONCE)
    some = session.scalars(ordered).all()
    while some:
        yield from some
        some = session.scalars(ordered.where(WaitlistEntry.id > some[-1].id)).all()


def _first_fit(
    session: Session,
    actor: Actor,
    location: Location,
    entry: WaitlistEntry,
    taken: Sequence[WaitlistOffer],
    earliest: datetime,
) -> tuple[Slot, uuid.UUID] | None:
    """The first time that fits the wish, was not offered to it before and is not offered to another."""
    before = session.scalars(
        select(WaitlistOffer)
        .where(WaitlistOffer.waitlist_entry_id == entry.id)
        .order_by(WaitlistOffer.id.desc())
    ).all()
    free = fitting(session, actor, location, entry)
    if entry.by_client:
        unanswered = [one.status is OfferStatus.EXPIRED for one in before[:UNANSWERED]]
        if len(unanswered) == UNANSWERED and all(unanswered):
            entry.status = WaitlistStatus.ENDED
            return None
        still = {one.starts_at for one in free}
        entry.passed_over = [one for one in entry.passed_over if one in still]
    refused = {one.starts_at for one in before}.union(entry.passed_over)
    for slot in free:
        if slot.starts_at < earliest or slot.starts_at in refused:
            continue
        providers = [one for one in slot.provider_ids if not _offered_already(taken, slot, one)]
        if providers:
            return slot, providers[0]
    return None


def fitting(session: Session, actor: Actor, location: Location, entry: WaitlistEntry) -> list[Slot]:
    """What is free now and fits the wish; of what somebody wished by themselves nothing that asks for more
    than a tap by now (place.may_wait): the desk sees who waits."""
    if entry.by_client:
        services = described(session, entry.service_ids)
        if not may_wait(of_location(session, location.id), services):
            return []
    return [one for one in _slots(session, actor, location, entry) if _wanted(entry, location, one)]


def _slots(session: Session, actor: Actor, location: Location, entry: WaitlistEntry) -> Iterator[Slot]:
    first, *others = entry.service_ids
    begin = max(entry.from_date, today(location))
    question = Question(
        location_id=location.id,
        service_id=first,
        first=begin,
        last=min(entry.until_date, begin + timedelta(days=MAX_DAYS - 1)),
        provider_id=entry.provider_id,
        client_id=entry.client_id,
        then=tuple(Wanted(one, entry.provider_id) for one in others),
        online=entry.by_client,
        limit=ENOUGH,
    )
    try:
        yield from availability(session, actor, question)[0]
    except DomainError:
        # A service that is not offered any more, a provider who left: the desk sees who waits.
        return


def _wanted(entry: WaitlistEntry, location: Location, slot: Slot) -> bool:
    local = slot.starts_at.astimezone(ZoneInfo(location.timezone))
    minute = local.hour * 60 + local.minute
    in_days = not entry.weekdays or local.weekday() in entry.weekdays
    return in_days and entry.from_minute <= minute < entry.until_minute


def _offered_already(taken: Sequence[WaitlistOffer], slot: Slot, provider_id: uuid.UUID) -> bool:
    return any(
        one.provider_id == provider_id and one.starts_at < slot.ends_at and slot.starts_at < one.ends_at
        for one in taken
    )


def _offer(
    session: Session,
    settings: Settings,
    location: Location,
    entry: WaitlistEntry,
    found: tuple[Slot, uuid.UUID],
    expires_at: datetime,
) -> WaitlistOffer:
    slot, provider_id = found
    now = clock.now()
    offer = WaitlistOffer(
        org_id=entry.org_id, waitlist_entry_id=entry.id, client_id=entry.client_id, location_id=location.id,
        service_id=entry.service_ids[0], provider_id=provider_id, starts_at=slot.starts_at,
        ends_at=slot.ends_at, offered_at=now, expires_at=expires_at, status=OfferStatus.OFFERED,
        business_date=today(location),
    )  # fmt: skip
    session.add(offer)
    session.flush()
    token = links.issue(
        session, purpose=links.WAITLIST_OFFER, client_id=entry.client_id, subject_id=offer.id,
        # With it they leave the waitlist, also when the offer is over.
        lifetime=max(expires_at - now, entry.until_date - today(location) + timedelta(days=1)),
    )  # fmt: skip
    queue(
        session,
        kind=MessageKind.WAITLIST_OFFER,
        client_id=entry.client_id,
        location_id=location.id,
        drop_after=expires_at,
        dedupe=f"waitlist_offer:{offer.id}",
        link=links.url_of(settings, links.WAITLIST_OFFER, token),
        fields={
            **said_time(slot.starts_at, location.timezone, location.currency),
            "until": said_time(expires_at, location.timezone, location.currency)["time"],
        },
    )
    return offer
