"""Short words for what the tests of changes do over and over, each in a transaction of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import TimeOffReason, VisitSource
from operational.booking import queries, time_off
from operational.booking.availability import Question, Slot, availability
from operational.booking.book import book
from operational.booking.queries import VisitRow
from operational.booking.schedule_schemas import NewTimeOff
from operational.booking.schemas import NewItem, NewVisit
from tests.factories.booking import actor_of, unit
from tests.factories.organization import OrganizationSetUp

OPEN = timedelta(hours=4)
MINUTE = timedelta(minutes=1)


def does(setup: OrganizationSetUp, work: Callable[[TenantSession], Any]) -> Any:
    with unit(setup.database, setup) as session:
        return work(session)


def booked(setup: OrganizationSetUp, at: datetime, *services: uuid.UUID, **values: Any) -> VisitRow:
    source = values.pop("source", VisitSource.DESK)
    provider = values.pop("provider_id", None)
    request = NewVisit(
        location_id=setup.location_id,
        starts_at=at,
        items=[NewItem(service_id=one, provider_id=provider) for one in services],
        **{"client_id": setup.clients[0], **values},
    )
    row: VisitRow = does(setup, lambda session: book(session, actor_of(setup), request, source))
    return row


def seen(setup: OrganizationSetUp, row: VisitRow) -> VisitRow:
    found: VisitRow = does(setup, lambda session: queries.visit(session, row.id))
    return found


def slots(setup: OrganizationSetUp, at: datetime, service: uuid.UUID, **values: Any) -> list[Slot]:
    day = at.date()
    question = Question(setup.location_id, service, day, day, **values)
    found: list[Slot] = does(setup, lambda session: availability(session, actor_of(setup), question)[0])
    return found


def starts(setup: OrganizationSetUp, at: datetime, service: uuid.UUID, **values: Any) -> list[int]:
    """Minutes after `at` of the slots."""
    return [(one.starts_at - at) // timedelta(minutes=1) for one in slots(setup, at, service, **values)]


def off(setup: OrganizationSetUp, subject: uuid.UUID, at: datetime, minutes: int, **values: Any) -> Any:
    request = NewTimeOff.model_validate(
        {
            "location_id": setup.location_id, "subject_id": subject, "subject_kind": "provider",
            "starts_at": at, "ends_at": at + timedelta(minutes=minutes), "reason": TimeOffReason.MEETING,
            **values,
        }
    )  # fmt: skip
    return does(setup, lambda session: time_off.add(session, actor_of(setup), request))
