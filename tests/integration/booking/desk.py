"""Short words for what the tests of changes do over and over, each in a transaction of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from medspa.kernel.database import TenantSession
from operational.booking import queries
from operational.booking.book import book
from operational.booking.queries import VisitRow
from operational.booking.schemas import NewItem, NewVisit
from tests.factories.booking import actor_of, unit
from tests.factories.organization import OrganizationSetUp

OPEN = timedelta(hours=4)
MINUTE = timedelta(minutes=1)


def does(setup: OrganizationSetUp, work: Callable[[TenantSession], Any]) -> Any:
    with unit(setup.database, setup) as session:
        return work(session)


def booked(setup: OrganizationSetUp, at: datetime, *services: uuid.UUID, **values: Any) -> VisitRow:
    request = NewVisit(
        location_id=setup.location_id,
        starts_at=at,
        items=[NewItem(service_id=one, provider_id=values.get("provider_id")) for one in services],
        client_id=values.get("client_id", setup.clients[0]),
    )
    row: VisitRow = does(setup, lambda session: book(session, actor_of(setup), request))
    return row


def seen(setup: OrganizationSetUp, row: VisitRow) -> VisitRow:
    found: VisitRow = does(setup, lambda session: queries.visit(session, row.id))
    return found
