"""A booking that a visitor has under way: begun with the time they chose, known to them by its link.

Details, cards and the booking itself are finish.py's. Everything a visitor sees of it is `Seen`.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import TenantSession, session_scope
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import HoldStatus, OnlineState, VisitSource
from operational import links
from operational.booking import hold as holding
from operational.booking.errors import HoldUsed, NeedsOverride, SlotTaken
from operational.booking.schemas import NewHold, NewItem
from operational.checkout.desk import Desk
from operational.identity.access import Actor
from operational.models import Hold, LinkToken, OnlineBooking, StaffMember
from operational.online.errors import LATER, NotNow, NotOffered, TimeGone, TooBusy
from operational.online.place import Offered, Place, described, of_location, offered, visiting, visitor

LIFETIME = timedelta(days=14)
"""Of the address under which a booking is found again."""
MOST_HELD = 40
"""Times that are kept at once for visitors of a location: more than choose at one time."""
MOST_BOOKED = 30
"""Visits that are booked in an hour at a location with nothing given but a name: more than people book."""
MAX_SERVICES = 4
CARD_PAGE_KEEPS = timedelta(minutes=40)
"""From its beginning a booking's time is kept anew for giving a card; later only by asking for it again."""


@dataclass(frozen=True, slots=True)
class Known:
    """Whose booking a link is."""

    org_id: uuid.UUID
    booking_id: uuid.UUID
    location_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Seen:
    """A booking under way with what belongs to it."""

    booking: OnlineBooking
    place: Place
    services: tuple[Offered, ...]
    provider: str | None
    starts_at: datetime
    """On the location's clock."""
    held_until: datetime | None
    """None: nothing is kept any more."""

    @property
    def needs_card(self) -> bool:
        return self.booking.deposit_minor > 0 or self.booking.keeps_card


def begin(
    engine: Engine,
    place: Place,
    service_ids: Sequence[uuid.UUID],
    provider_id: uuid.UUID | None,
    starts_at: datetime,
    *,
    embedded: bool,
) -> str:
    """Keep the time and begin a booking; the token under which it is found.

    Raises NotOffered, TimeGone, TooBusy.
    """
    if not place.booking_open:
        raise NotOffered
    booking_id = new_id()
    actor = visitor(place.org_id, place.location_id, booking_id)
    with visiting(engine, actor) as desk, desk.transaction() as session:
        wanted = offered(session, list(service_ids)[: MAX_SERVICES + 1])
        if len(wanted) > MAX_SERVICES:
            raise NotOffered(f"Choose at most {MAX_SERVICES} services for one visit.")
        if any(one.needs_earlier_visit for one in wanted):
            raise NotOffered(
                "This treatment needs an earlier visit, such as a consultation. Book that first."
            )
        _check_room(session, place.location_id)
        held = _keep(session, desk.actor, place, wanted, provider_id, starts_at)
        session.add(
            OnlineBooking(
                org_id=place.org_id, id=booking_id, location_id=place.location_id,
                state=OnlineState.CHOOSING, embedded=embedded, service_ids=[one.id for one in wanted],
                provider_id=provider_id, starts_at=held.starts_at, hold_id=held.id,
                deposit_minor=sum(one.deposit_minor for one in wanted),
                keeps_card=any(one.card_on_file for one in wanted), declines=0,
            )
        )  # fmt: skip
        session.flush()
        return links.issue(
            session, purpose=links.BOOKING_COMPLETION, client_id=None, subject_id=booking_id,
            lifetime=LIFETIME,
        )  # fmt: skip


def known(engine: Engine, token: str) -> Known:
    """Raises LinkUnusable."""
    link = links.find(engine, links.BOOKING_COMPLETION, token)
    if link is None:
        raise links.LinkUnusable
    with session_scope(engine, link.org_id) as session:
        subject = session.get_one(LinkToken, (link.org_id, link.link_id)).subject_id
        row = session.get(OnlineBooking, (link.org_id, subject))
        if row is None:
            raise links.LinkUnusable
        return Known(link.org_id, row.id, row.location_id)


@contextlib.contextmanager
def at_work(engine: Engine, who: Known) -> Iterator[Desk]:
    """Transactions on one's own booking."""
    with visiting(engine, visitor(who.org_id, who.location_id, who.booking_id)) as desk:
        yield desk


def see(engine: Engine, token: str) -> Seen:
    """What stands now. Changes nothing. Raises LinkUnusable, NotOffered."""
    who = known(engine, token)
    with at_work(engine, who) as desk, desk.transaction() as session:
        return seen(session, session.get_one(OnlineBooking, (who.org_id, who.booking_id)))


def seen(session: Session, row: OnlineBooking) -> Seen:
    place = of_location(session, row.location_id)
    services = described(session, row.service_ids)
    start = row.starts_at.astimezone(ZoneInfo(place.timezone))
    held = alive(session, row)
    return Seen(
        booking=row,
        place=place,
        services=tuple(services),
        provider=_provider(session, row),
        starts_at=start,
        held_until=None if held is None else held.expires_at.astimezone(start.tzinfo),
    )


def alive(session: Session, row: OnlineBooking) -> Hold | None:
    """The hold that keeps the booking's time, while it does."""
    held = None if row.hold_id is None else session.get_one(Hold, (row.org_id, row.hold_id))
    return held if held and held.status is HoldStatus.HELD and held.expires_at > clock.now() else None


def _provider(session: Session, row: OnlineBooking) -> str | None:
    if row.provider_id is None:
        return None
    return session.get_one(StaffMember, (row.org_id, row.provider_id)).label


def keep_again(
    engine: Engine, token: str, provider_id: uuid.UUID | None = None, starts_at: datetime | None = None
) -> None:
    """Keep the same time once more, or another one. Raises LinkUnusable, NotNow, TimeGone, TooBusy."""
    who = known(engine, token)
    with at_work(engine, who) as desk, desk.transaction() as session:
        row = locked(session, who)
        if row.state not in (OnlineState.CHOOSING, OnlineState.ABANDONED):
            raise NotNow
        row.state = OnlineState.CHOOSING
        if starts_at is not None:
            row.provider_id = provider_id
        if alive(session, row) is None:
            _check_room(session, row.location_id)
        renew(session, desk.actor, row, starts_at)


def renew(session: Session, actor: Actor, row: OnlineBooking, starts_at: datetime | None = None) -> None:
    """A fresh hold in the place of the one there was. Under the booking's lock. Raises TimeGone."""
    place = of_location(session, row.location_id)
    wanted = offered(session, row.service_ids)
    at = starts_at or row.starts_at
    held = _keep(session, actor, place, wanted, row.provider_id, at, replacing=row.hold_id)
    row.starts_at, row.hold_id = held.starts_at, held.id
    session.flush()


def keep_for_card(session: Session, actor: Actor, row: OnlineBooking) -> None:
    """Time enough to give a card, for a while; afterwards what is kept stands. Raises NotNow, TimeGone."""
    if not row.deposit_minor and not row.keeps_card:
        raise NotNow
    if clock.now() < row.created_at + CARD_PAGE_KEEPS:
        renew(session, actor, row)
    elif alive(session, row) is None:
        raise TimeGone("Choose another time.")


def locked(session: TenantSession, who: Known) -> OnlineBooking:
    """The booking, so that two tabs do one thing after the other."""
    statement = select(OnlineBooking).where(OnlineBooking.id == who.booking_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def items_of(
    service_ids: Sequence[uuid.UUID], provider_id: uuid.UUID | None, starts_at: datetime
) -> list[NewItem]:
    """The items of the visit: one service after the other, all by the same provider where one is named."""
    return [
        NewItem(service_id=one, provider_id=provider_id, starts_at=starts_at if number == 0 else None)
        for number, one in enumerate(service_ids)
    ]


def _keep(
    session: Session,
    actor: Actor,
    place: Place,
    wanted: Sequence[Offered],
    provider_id: uuid.UUID | None,
    starts_at: datetime,
    replacing: uuid.UUID | None = None,
) -> holding.Held:
    request = NewHold(
        location_id=place.location_id, starts_at=starts_at, minutes=place.hold_minutes,
        items=items_of([one.id for one in wanted], provider_id, starts_at),
    )  # fmt: skip
    try:
        return holding.keep(session, actor, request, VisitSource.ONLINE, replacing)
    except (SlotTaken, NeedsOverride, HoldUsed):
        raise TimeGone("Choose another time.") from None


def _check_room(session: Session, location_id: uuid.UUID) -> None:
    """Nobody can keep a whole day from the desk by choosing times and going away."""
    held = session.scalar(
        select(func.count()).where(
            Hold.location_id == location_id,
            Hold.status == HoldStatus.HELD,
            Hold.source == VisitSource.ONLINE,
            Hold.expires_at > clock.now(),
            Hold.created_at > clock.now() - timedelta(hours=1),
        )
    )
    if (held or 0) >= MOST_HELD:
        raise TooBusy("Please try again in a few minutes.", {"retry_after_seconds": 120})


def check_booked(session: Session, row: OnlineBooking) -> None:
    """Nobody fills the calendar with people who do not exist. Raises TooBusy."""
    booked = session.scalar(
        select(func.count()).where(
            OnlineBooking.location_id == row.location_id,
            OnlineBooking.state.in_((OnlineState.BOOKED, OnlineState.REQUESTED)),
            OnlineBooking.payment_id.is_(None),
            OnlineBooking.keeps_card.is_(False),
            OnlineBooking.created_at > clock.now() - timedelta(hours=1),
        )
    )
    if (booked or 0) >= MOST_BOOKED:
        raise TooBusy(LATER, {"retry_after_seconds": 600})
