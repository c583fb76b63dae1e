"""Times at which several people can be served side by side, each by somebody of their own.

What looks free to each of them alone is tried for all at once, as holds that are given back: rooms, devices
and people count as they do in booking, which is the one path that decides.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import Permission
from operational.booking import hold
from operational.booking.availability import MAX_DAYS, Question, availability
from operational.booking.schemas import NewHold, NewItem
from operational.identity.access import Actor
from operational.models import Location
from operational.rows import get_row

ENOUGH = 6
TRIED = 48
"""Starts that are tried at most: each costs as much as booking all of them."""
APART = timedelta(minutes=45)
"""Between two times that are offered on one day, for a choice that is one."""
_EVERY = 3_000


@dataclass(frozen=True, slots=True)
class Guest:
    """What one of them comes for. `client_id`: where it is known who, so that they are not elsewhere then."""

    service_id: uuid.UUID
    provider_id: uuid.UUID | None = None
    client_id: uuid.UUID | None = None


def common_times(
    session: Session, actor: Actor, location_id: uuid.UUID, guests: Sequence[Guest], since: datetime
) -> list[datetime]:
    """Up to ENOUGH local starts of the month after `since`: an instant, or local time without an offset.

    Raises what availability raises, LocalTimeMissing and LocalTimeAmbiguous.
    """
    actor.require(Permission.BOOKING_WRITE, location_id)
    zone = get_row(session, Location, location_id).timezone
    instant = since if since.tzinfo else clock.from_local(since, zone)
    since = instant.astimezone(ZoneInfo(zone))
    each = [_starts(session, actor, location_id, one, since) for one in guests]
    alike: set[datetime] = reduce(set.__and__, each)
    found: list[datetime] = []
    tried = 0
    for start in sorted(alike):
        if len(found) == ENOUGH or tried == TRIED:
            break
        if found and start - found[-1] < APART:
            continue
        tried += 1
        if _fits(session, actor, location_id, guests, start):
            found.append(start)
    return found


def _starts(
    session: Session, actor: Actor, location_id: uuid.UUID, guest: Guest, since: datetime
) -> set[datetime]:
    first = since.date()
    last = first + timedelta(days=MAX_DAYS - 1)
    question = Question(
        location_id, guest.service_id, first, last, guest.provider_id, guest.client_id, limit=_EVERY
    )
    return {one.starts_at for one in availability(session, actor, question)[0] if one.starts_at >= since}


def _fits(
    session: Session, actor: Actor, location_id: uuid.UUID, guests: Sequence[Guest], start: datetime
) -> bool:
    """Whether all can be kept at once. Nothing stays kept."""
    attempt = session.begin_nested()
    try:
        for item in _in_turn(guests):
            hold.keep(session, actor, NewHold(location_id=location_id, starts_at=start, items=[item]))
    except DomainError:
        return False
    finally:
        attempt.rollback()
    return True


def _in_turn(guests: Sequence[Guest]) -> Iterator[NewItem]:
    """Who asks for somebody before who takes anybody, as a party is booked."""
    for one in sorted(guests, key=lambda each: each.provider_id is None):
        yield NewItem(service_id=one.service_id, provider_id=one.provider_id)
