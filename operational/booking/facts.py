"""What configuration says about a visit: location, services, who may perform them, what could serve.

Read before the locks in one round trip; what other visits hold is found later, under the locks.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import SubjectKind
from operational.booking.errors import NotBookable
from operational.booking.schemas import NewItem
from operational.booking.shape import Shape

_SETUP = text(
    "select booking_setup(:location, cast(:services as uuid[]), cast(:providers as uuid[]),"
    " cast(:resources as uuid[]))"
)


@dataclass(frozen=True, slots=True)
class Place:
    """The location of a visit."""

    id: uuid.UUID
    timezone: str
    cutover_hour: int
    notice_minutes: int
    active: bool

    def business_date(self, instant: datetime) -> date:
        return clock.business_date(instant, self.timezone, self.cutover_hour)

    def local_date(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.timezone)).date()

    def instant(self, given: datetime) -> datetime:
        """The UTC instant of a time with an offset, or of a local wall-clock time without one.

        Raises LocalTimeMissing or LocalTimeAmbiguous around a clock change.
        """
        if given.tzinfo is None:
            return clock.from_local(given, self.timezone)
        return given.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    id: uuid.UUID
    category_id: uuid.UUID
    active: bool
    shape: Shape
    needs: tuple[tuple[SubjectKind, str], ...]


@dataclass(frozen=True, slots=True)
class ResourceFacts:
    id: uuid.UUID
    kind: SubjectKind
    tag: str
    active: bool


@dataclass(frozen=True, slots=True)
class Facts:
    place: Place
    services: dict[uuid.UUID, ServiceFacts]
    named_staff: dict[uuid.UUID, bool]
    """Staff named in the request → whether they are active providers."""
    credentials: tuple[tuple[uuid.UUID, uuid.UUID, date, date], ...]
    """(provider, category, valid from, valid until) at this location, of active providers."""
    resources: dict[uuid.UUID, ResourceFacts]

    def service(self, service_id: uuid.UUID) -> ServiceFacts:
        found = self.services.get(service_id)
        if found is None:
            raise NotFound("There is no such service.")
        return found

    def eligible(self, category_id: uuid.UUID, on: date) -> tuple[uuid.UUID, ...]:
        """Providers with a credential for the category that is valid on a local date."""
        return tuple(self.eligible_days(category_id, on, on))

    def eligible_days(self, category_id: uuid.UUID, first: date, last: date) -> dict[uuid.UUID, set[date]]:
        """Provider → the local dates of [first, last] on which a credential for the category is valid."""
        found: dict[uuid.UUID, set[date]] = {}
        for staff, category, valid_from, valid_until in self.credentials:
            start, end = max(first, valid_from), min(last + timedelta(days=1), valid_until)
            if category == category_id and start < end:
                days = (start + timedelta(days=number) for number in range((end - start).days))
                found.setdefault(staff, set()).update(days)
        return found

    def pool(self, kind: SubjectKind, tag: str) -> tuple[uuid.UUID, ...]:
        return tuple(
            one.id for one in self.resources.values() if one.active and (one.kind, one.tag) == (kind, tag)
        )


def load_facts(
    session: Session,
    location_id: uuid.UUID,
    services: Iterable[uuid.UUID],
    providers: Iterable[uuid.UUID] = (),
    resources: Iterable[uuid.UUID] = (),
) -> Facts:
    """Raises NotFound for an unknown location and NotBookable for a retired one."""
    values = {
        "location": location_id,
        "services": list(services),
        "providers": list(providers),
        "resources": list(resources),
    }
    found: dict[str, Any] = session.execute(_SETUP, values).scalar_one()
    if found["location"] is None:
        raise NotFound("There is no such location.")
    place = Place(id=location_id, **found["location"])
    if not place.active:
        raise NotBookable("The location is retired.")
    return Facts(
        place=place,
        services={one.id: one for one in map(_service, found["services"])},
        named_staff={uuid.UUID(one["id"]): one["provides"] for one in found["staff"]},
        credentials=tuple(map(_credential, found["credentials"])),
        resources={one.id: one for one in map(_resource, found["resources"])},
    )


def facts_for(session: Session, location_id: uuid.UUID, asked: Sequence[NewItem]) -> Facts:
    """What items that are asked for need to be planned. Raises as load_facts does."""
    return load_facts(
        session,
        location_id,
        {item.service_id for item in asked},
        {item.provider_id for item in asked if item.provider_id is not None},
        {one for item in asked for one in item.resource_ids},
    )


def _service(row: dict[str, Any]) -> ServiceFacts:
    return ServiceFacts(
        id=uuid.UUID(row["id"]),
        category_id=uuid.UUID(row["category_id"]),
        active=row["active"],
        shape=Shape(row["hands"], row["processing"], row["finishing"], row["before"], row["after"]),
        needs=tuple((SubjectKind(need["kind"]), need["tag"]) for need in row["needs"]),
    )


def _credential(row: dict[str, Any]) -> tuple[uuid.UUID, uuid.UUID, date, date]:
    return (
        uuid.UUID(row["staff_id"]),
        uuid.UUID(row["category_id"]),
        date.fromisoformat(row["valid_from"]),
        date.fromisoformat(row["valid_until"]),
    )


def _resource(row: dict[str, Any]) -> ResourceFacts:
    return ResourceFacts(uuid.UUID(row["id"]), SubjectKind(row["kind"]), row["tag"], row["active"])
