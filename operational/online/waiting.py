"""Joining the waitlist by oneself. Offers are operational/waitlist's, whoever put a wish there.

As with a booking everybody gets a record of their own, and who else they may be is looked for afterwards:
neither the answer nor its time tells whether somebody is known or waits already.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import NoticeKind, Permission, TaskKind, WaitlistStatus
from operational import notices
from operational.client_records import root_of
from operational.clients.service import create_unmatched, match_client
from operational.identity.access import Actor
from operational.leads.tasks import add_task
from operational.models import Client, WaitlistEntry
from operational.online import details
from operational.online.errors import LATER, AgeNotMet, NotOffered, TooBusy
from operational.online.place import Offered, Place
from operational.rows import get_row
from operational.waitlist import service
from operational.waitlist.schemas import WaitlistIn

MOST_JOINED = 30
"""Wishes that visitors add at a location in an hour: more than people do."""
MOST_WISHES = 5
"""That one person has at a location; those they add beyond it are ended before long."""
SOURCE = "online_waitlist"


def may_wait(place: Place, services: Sequence[Offered]) -> bool:
    """Whether a time for these can be taken by one tap: what asks for more is booked by phone."""
    return place.waitlist_open and place.booking_open and not any(one.asks_more for one in services)


def join(
    session: Session,
    actor: Actor,
    place: Place,
    services: Sequence[Offered],
    who: details.Details,
    wish: dict[str, Any],
) -> WaitlistEntry:
    """A wish of somebody who is not signed in. `wish` is WaitlistIn without client, location and services.

    Raises NotOffered, AgeNotMet, TooBusy.
    """
    if not services or not may_wait(place, services):
        raise NotOffered
    _check_age(place, services, who, wish["until_date"])
    _check_room(session, place.location_id)
    values: dict[str, Any] = {
        "first_name": who.first_name, "last_name": who.last_name, "phone": who.phone, "email": who.email,
        "birth_date": who.birth_date, "flags": [], "source": SOURCE, "home_location_id": place.location_id,
    }  # fmt: skip
    client = create_unmatched(session, actor, values)
    asked = WaitlistIn(
        client_id=client.id, location_id=place.location_id, service_ids=[one.id for one in services], **wish
    )
    entry = service.add(session, actor, asked.model_dump())
    notices.notify(
        session, location_id=place.location_id, permission=Permission.BOOKING_WRITE,
        kind=NoticeKind.JOINED_WAITLIST, subject_id=entry.id,
    )  # fmt: skip
    return entry


def unmatched() -> Select[Any]:
    """Wishes of people for whom records of the same person were not looked for yet."""
    return (
        select(WaitlistEntry.id)
        .where(WaitlistEntry.added_by.is_(None), WaitlistEntry.matched_at.is_(None))
        .order_by(WaitlistEntry.id)
    )


def match(session: Session, actor: Actor, entry_id: uuid.UUID) -> None:
    """Suggest records of the same person to the desk; end a wish they had already, or have too many of."""
    entry = get_row(session, WaitlistEntry, entry_id, lock=True)
    if entry.matched_at is not None:
        return
    entry.matched_at = clock.now()
    client = get_row(session, Client, root_of(session, entry.client_id))
    same = or_(Client.phone == client.phone, Client.email_key == client.email_key)
    earlier = session.scalars(
        select(WaitlistEntry)
        .join(Client, (Client.org_id == WaitlistEntry.org_id) & (Client.id == WaitlistEntry.client_id))
        .where(
            same,
            WaitlistEntry.location_id == entry.location_id,
            WaitlistEntry.status == WaitlistStatus.WAITING,
            WaitlistEntry.id < entry.id,
        )
        .limit(MOST_WISHES)
    ).all()
    if entry.status is WaitlistStatus.WAITING and (
        len(earlier) >= MOST_WISHES or any(_alike(entry, one) for one in earlier)
    ):
        service.end(session, entry)
    if match_client(session, client):
        add_task(session, actor, TaskKind.MATCH_CLIENT, entry.location_id, client_id=client.id)
    session.flush()


def _alike(one: WaitlistEntry, other: WaitlistEntry) -> bool:
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("service_ids", "provider_id", "weekdays", "from_minute", "until_minute")
    )


def _check_age(place: Place, services: Sequence[Offered], who: details.Details, until: date) -> None:
    """By what they say, on any day of the wish: the same for everybody. The booking looks again."""
    limited = [one for one in services if one.limits_age]
    if not limited:
        return
    if who.birth_date is None:
        raise AgeNotMet("Enter your date of birth: this treatment has an age limit.")
    today = clock.business_date(clock.now(), place.timezone)
    now, then = details.years_on(today, who.birth_date), details.years_on(until, who.birth_date)
    if any(then < (one.min_age or 0) or now > (one.max_age or now) for one in limited):
        raise AgeNotMet("This treatment is not for people of your age. Please call the practice.")


def _check_room(session: Session, location_id: uuid.UUID) -> None:
    joined = session.scalar(
        select(func.count()).where(
            WaitlistEntry.location_id == location_id,
            WaitlistEntry.added_by.is_(None),
            WaitlistEntry.created_at > clock.now() - timedelta(hours=1),
        )
    )
    if (joined or 0) >= MOST_JOINED:
        raise TooBusy(LATER, {"retry_after_seconds": 600})
