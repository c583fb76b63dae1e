"""Times that a visitor can choose: the same availability that the desk sees, by local day."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from operational.booking.availability import Question, Wanted, availability
from operational.identity.access import Actor
from operational.models import Credential, Service, StaffMember
from operational.online.place import Offered, Place

DAYS_SHOWN = 7
LOOKED_AT = 28
"""Days that are searched for the next free time, from the day that is shown on."""
ENOUGH = 2_000


@dataclass(frozen=True, slots=True)
class Day:
    """A local day and the times that are free on it."""

    on: date
    starts: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Times:
    days: tuple[Day, ...]
    next_free: date | None
    """The first later day with a free time, when the days shown have none."""
    none_before: bool
    """Nothing was asked for, and the days shown begin with the first that has a free time."""
    earlier: date | None
    later: date | None


def named(provider: uuid.UUID | str) -> uuid.UUID | None:
    """The provider that an address or a form asks for; anything else is anybody."""
    return provider if isinstance(provider, uuid.UUID) else None


def providers_of(session: Session, place: Place, services: Sequence[Offered]) -> dict[uuid.UUID, str]:
    """Who may perform all of these services there today, by name."""
    today = clock.business_date(clock.now(), place.timezone)
    ids = [one.id for one in services]
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    labels: dict[uuid.UUID, str] = {}
    rows = session.execute(
        select(StaffMember.id, StaffMember.label, Service.id)
        .join(Credential, Credential.staff_id == StaffMember.id)
        .join(Service, Service.category_id == Credential.category_id)
        .where(
            StaffMember.active,
            StaffMember.is_provider,
            Credential.location_id == place.location_id,
            Credential.valid_from <= today + timedelta(days=place.days_ahead),
            Credential.valid_until > today,
            Service.id.in_(ids),
        )
    )
    for staff, label, service in rows:
        labels[staff] = label
        found.setdefault(staff, set()).add(service)
    able = [staff for staff, known in found.items() if known >= set(ids)]
    return {staff: labels[staff] for staff in sorted(able, key=lambda one: labels[one])}


def times(
    session: Session,
    actor: Actor,
    place: Place,
    services: Sequence[Offered],
    provider_id: uuid.UUID | None,
    first: date | None,
    skip: uuid.UUID | None = None,
) -> Times:
    """A week of days from `first`, each with its free times. Past days count as today.

    Without `first` from today, or from the first free day where the coming week has none. `skip` is the
    visit or hold that will be moved: its own time counts as free.
    """
    starts = partial(_starts, session, actor, place, services, provider_id, skip)
    week = _week(place, starts, first)
    if first is None and week.next_free:
        return replace(_week(place, starts, week.next_free), none_before=True)
    return week


def _week(
    place: Place, starts: Callable[[date, date], dict[date, list[datetime]]], first: date | None
) -> Times:
    today = clock.now().astimezone(ZoneInfo(place.timezone)).date()
    end = today + timedelta(days=place.days_ahead)
    start = min(max(first or today, today), end)
    last = min(start + timedelta(days=LOOKED_AT - 1), end)
    found = starts(start, last)
    shown = [start + timedelta(days=number) for number in range(DAYS_SHOWN)]
    days = tuple(Day(one, tuple(found.get(one, ()))) for one in shown if one <= end)
    later = sorted(day for day in found if day > days[-1].on)
    empty = not any(day.starts for day in days)
    return Times(
        days=days,
        next_free=later[0] if empty and later else None,
        none_before=False,
        earlier=max(start - timedelta(days=DAYS_SHOWN), today) if start > today else None,
        later=days[-1].on + timedelta(days=1) if days[-1].on < end else None,
    )


def _starts(
    session: Session,
    actor: Actor,
    place: Place,
    services: Sequence[Offered],
    provider_id: uuid.UUID | None,
    skip: uuid.UUID | None,
    first: date,
    last: date,
) -> dict[date, list[datetime]]:
    """Starts at which every service follows the one before it without a wait."""
    head, *rest = [one.id for one in services]
    question = Question(
        location_id=place.location_id, service_id=head, first=first, last=last, provider_id=provider_id,
        limit=ENOUGH, then=tuple(Wanted(one, provider_id) for one in rest), online=skip is None, skip=skip,
    )  # fmt: skip
    by_day: dict[date, list[datetime]] = {}
    for slot in availability(session, actor, question)[0]:
        if all(after.starts_at == before.ends_at for before, after in pairwise(slot.items)):
            by_day.setdefault(slot.starts_at.date(), []).append(slot.starts_at)
    return by_day
