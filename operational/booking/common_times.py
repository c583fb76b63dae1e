"""Times at which several people can be served side by side, each by somebody of their own.

Where everybody finds somebody else, all are tried at once as holds that are given back: rooms, devices and
people count as they do in booking, which is the one path that decides.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError, TryAgain
from medspa.kernel.vocabulary import Permission
from operational.booking import claim, hold, plan
from operational.booking.availability import MAX_DAYS, Question, availability
from operational.booking.facts import facts_for
from operational.booking.schemas import NewHold, NewItem
from operational.identity.access import Actor
from operational.models import Location
from operational.rows import get_row

ENOUGH = 6
APART = timedelta(minutes=45)
"""Between two times that are offered on one day, for a choice that is one."""
FAILURES_A_DAY = 3
"""Starts of one day that may turn out not to fit, mostly for want of rooms, before the next day is tried."""
LONGEST_SECONDS = 2.0
"""After which what was found is answered: each attempt holds the locks that booking wants."""
_EVERY = 3_000
Free = Mapping[datetime, tuple[uuid.UUID, ...]]
"""Start → who is free then, the best first."""


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

    Raises what availability raises, LocalTimeMissing, LocalTimeAmbiguous and TryAgain.
    """
    actor.require(Permission.BOOKING_WRITE, location_id)
    zone = get_row(session, Location, location_id).timezone
    instant = since if since.tzinfo else clock.from_local(since, zone)
    since = instant.astimezone(ZoneInfo(zone))
    asked = {one: _free(session, actor, location_id, one, since) for one in dict.fromkeys(guests)}
    found: list[datetime] = []
    failures: dict[date, int] = {}
    until = time.monotonic() + LONGEST_SECONDS
    for start in sorted(set.intersection(*(set(one) for one in asked.values()))):
        if len(found) == ENOUGH or time.monotonic() > until:
            break
        if (found and start - found[-1] < APART) or failures.get(start.date(), 0) == FAILURES_A_DAY:
            continue
        chosen = matched([asked[one][start] for one in guests])
        if chosen is None:
            continue
        if _fits(session, actor, location_id, guests, chosen, start):
            found.append(start)
        else:
            failures[start.date()] = failures.get(start.date(), 0) + 1
    return found


def matched(able: Sequence[Sequence[uuid.UUID]]) -> list[uuid.UUID] | None:
    """For each guest one of those who are able to, nobody for two; None where there is no such choice."""
    taken: dict[uuid.UUID, int] = {}

    def settle(guest: int, passed: set[uuid.UUID]) -> bool:
        for one in able[guest]:
            if one not in passed:
                passed.add(one)
                if one not in taken or settle(taken[one], passed):
                    taken[one] = guest
                    return True
        return False

    if not all(settle(guest, set()) for guest in range(len(able))):
        return None
    chosen = {guest: one for one, guest in taken.items()}
    return [chosen[guest] for guest in range(len(able))]


def _free(session: Session, actor: Actor, location_id: uuid.UUID, guest: Guest, since: datetime) -> Free:
    last = since.date() + timedelta(days=MAX_DAYS - 1)
    question = Question(
        location_id, guest.service_id, since.date(), last, guest.provider_id, guest.client_id, limit=_EVERY
    )
    slots, _ = availability(session, actor, question)
    return {one.starts_at: one.provider_ids for one in slots if one.starts_at >= since}


def _fits(
    session: Session,
    actor: Actor,
    location_id: uuid.UUID,
    guests: Sequence[Guest],
    providers: Sequence[uuid.UUID],
    start: datetime,
) -> bool:
    """Whether all can be kept at once. Nothing stays kept, or locked. Raises TryAgain."""
    items = [
        NewItem(service_id=one.service_id, provider_id=whom)
        for one, whom in zip(guests, providers, strict=True)
    ]
    attempt = session.begin_nested()
    try:
        # All at once and in their order, as whoever books takes them: one by one they could stand crosswise.
        facts = facts_for(session, location_id, items)
        claim.lock(
            session, {one for item in items for one in plan.subjects_of(plan.options(facts, [item], start))}
        )
        for item in items:
            hold.keep(session, actor, NewHold(location_id=location_id, starts_at=start, items=[item]))
    except TryAgain:
        raise
    except DomainError:
        return False
    finally:
        attempt.rollback()
    return True
