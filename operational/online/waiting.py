"""Joining the waitlist by oneself. Offers are operational/waitlist's, whoever put a wish there.

As with a booking everybody gets a record of their own, and who else they may be is looked for afterwards:
neither the answer nor its time tells whether somebody is known or waits already.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import NoticeKind, Permission, TaskKind, WaitlistStatus
from operational import notices
from operational.client_records import root_of
from operational.clients.service import create_unmatched, match_client
from operational.identity.access import Actor
from operational.leads.tasks import add_task
from operational.models import Client, Location, Notification, Task, WaitlistEntry
from operational.online import details
from operational.online.errors import LATER, AgeNotMet, NotOffered, TooBusy
from operational.online.place import Offered, Place, may_wait
from operational.rows import get_row
from operational.waitlist import service
from operational.waitlist.offering import fitting
from operational.waitlist.schemas import WaitlistIn

MOST_JOINED, MOST_WAITING = 30, 200
"""Wishes that visitors add at a location in an hour, and that stand at once: more than people do."""
MOST_WISHES = 5
"""That one person has at a location; those they add beyond it are ended before long."""
TOLD_AGAIN = timedelta(hours=1)
"""The desk is told once in this time that somebody joined."""
SOURCE = "online_waitlist"


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
    _tell(session, entry)
    return entry


def unmatched() -> Select[Any]:
    """Wishes of people for whom records of the same person were not looked for yet."""
    return (
        select(WaitlistEntry.id)
        .where(WaitlistEntry.added_by.is_(None), WaitlistEntry.matched_at.is_(None))
        .order_by(WaitlistEntry.id)
    )


def match(session: Session, actor: Actor, entry_id: uuid.UUID) -> None:
    """Suggest records of the same person to the desk; end a wish they had already, or have too many of.

    Offers begin now. What is free now did not suit them: other times are offered as they come free.
    """
    entry = get_row(session, WaitlistEntry, entry_id, lock=True)
    if entry.matched_at is not None:
        return
    entry.matched_at = clock.now()
    client = get_row(session, Client, root_of(session, entry.client_id))
    if entry.status is WaitlistStatus.WAITING:
        earlier = _earlier(session, entry, client)
        same = next((one for one in earlier if _alike(entry, one)), None)
        if same is not None:
            # Asked again, perhaps for longer: who asked first keeps their place.
            same.from_date = min(same.from_date, entry.from_date)
            same.until_date = max(same.until_date, entry.until_date)
        if same is not None or len(earlier) >= MOST_WISHES:
            service.end(session, entry)
        else:
            location = get_row(session, Location, entry.location_id)
            entry.passed_over = [one.starts_at for one in fitting(session, actor, location, entry)]
    if match_client(session, client) and not _is_asked(session, client.id):
        add_task(session, actor, TaskKind.MATCH_CLIENT, entry.location_id, client_id=client.id)
    session.flush()


def _earlier(session: Session, entry: WaitlistEntry, client: Client) -> Sequence[WaitlistEntry]:
    """What the same person waits for there already: name, phone and e-mail are all the same, so that who
    sees what becomes of it has both. Looser likeness is the desk's to judge."""
    return session.scalars(
        select(WaitlistEntry)
        .join(Client, (Client.org_id == WaitlistEntry.org_id) & (Client.id == WaitlistEntry.client_id))
        .where(
            Client.phone == (client.phone or ""),
            func.lower(Client.email) == (client.email or "").lower(),
            func.lower(Client.first_name) == client.first_name.lower(),
            func.lower(Client.last_name) == client.last_name.lower(),
            WaitlistEntry.added_by.is_(None),
            WaitlistEntry.location_id == entry.location_id,
            WaitlistEntry.status == WaitlistStatus.WAITING,
            WaitlistEntry.id < entry.id,
        )
        .order_by(WaitlistEntry.id)
        .limit(MOST_WISHES)
        .with_for_update(of=WaitlistEntry)
    ).all()


def _alike(one: WaitlistEntry, other: WaitlistEntry) -> bool:
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("service_ids", "provider_id", "weekdays", "from_minute", "until_minute")
    )


def _is_asked(session: Session, client_id: uuid.UUID) -> bool:
    asked = (Task.client_id == client_id) & (Task.kind == TaskKind.MATCH_CLIENT) & Task.done_at.is_(None)
    return session.scalar(select(Task.id).where(asked).limit(1)) is not None


def _tell(session: Session, entry: WaitlistEntry) -> None:
    told = session.scalar(
        select(Notification.id)
        .where(
            Notification.kind == NoticeKind.JOINED_WAITLIST.value,
            Notification.location_id == entry.location_id,
            Notification.created_at > clock.now() - TOLD_AGAIN,
        )
        .limit(1)
    )
    if told is None:
        notices.notify(
            session, location_id=entry.location_id, permission=Permission.BOOKING_WRITE,
            kind=NoticeKind.JOINED_WAITLIST, subject_id=entry.id,
        )  # fmt: skip


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
    themselves = (WaitlistEntry.location_id == location_id) & WaitlistEntry.added_by.is_(None)
    lately = WaitlistEntry.created_at > clock.now() - timedelta(hours=1)
    standing = WaitlistEntry.status == WaitlistStatus.WAITING
    for condition, most in ((lately, MOST_JOINED), (standing, MOST_WAITING)):
        counted = session.scalar(select(func.count()).where(themselves, condition))
        if (counted or 0) >= most:
            raise TooBusy(LATER, {"retry_after_seconds": 600})
