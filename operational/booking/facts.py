"""What configuration says about a visit: location, services, who may perform them, what could serve.

Read before the locks in one round trip; what other visits hold is found later, under the locks.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
from operational.booking.shape import Shape, Span

UNRANKED = 1000
"""Who has no rank comes after all who have one."""
_SETUP = text(
    "select booking_setup(:location, cast(:services as uuid[]), cast(:providers as uuid[]),"
    " cast(:resources as uuid[]), cast(:client as uuid))"
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
class Rule:
    """What a service asks of the time it is booked for (rules.py says what it means)."""

    lead_minutes: int = 0
    horizon_days: int | None = None
    slot_minutes: int | None = None
    limits_age: bool = False
    online: bool = True
    shares_processing: bool = True


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    id: uuid.UUID
    category_id: uuid.UUID
    active: bool
    shape: Shape
    needs: tuple[tuple[SubjectKind, str], ...]
    rule: Rule = Rule()


@dataclass(frozen=True, slots=True)
class Performer:
    """How a provider performs a service."""

    performs: bool
    shape: Shape
    rank: int


@dataclass(frozen=True, slots=True)
class ClientRules:
    """What a service's rules mean for the client."""

    age_known: bool
    old_enough_on: date | None
    too_old_on: date | None
    prerequisites: tuple[tuple[Span, ...], ...]
    """Per prerequisite, the spans in which it is fresh."""
    minutes: int | None = None
    """Hands-on time with this client, where it is not the usual one (lasting.py)."""


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
    performers: dict[tuple[uuid.UUID, uuid.UUID], Performer]
    """(provider, service) → how, where it differs from the service's own way."""
    client: dict[uuid.UUID, ClientRules] | None
    """By service, when the client is known."""

    def service(self, service_id: uuid.UUID) -> ServiceFacts:
        found = self.services.get(service_id)
        if found is None:
            raise NotFound("There is no such service.")
        return found

    def eligible(self, service: ServiceFacts, on: date) -> tuple[uuid.UUID, ...]:
        """Providers who perform the service with a credential that is valid on a local date."""
        return tuple(self.eligible_spans(service, on, on))

    def eligible_spans(
        self, service: ServiceFacts, first: date, last: date
    ) -> dict[uuid.UUID, list[tuple[date, date]]]:
        """Provider → the spans [from, until) of [first, last] on which they may perform the service."""
        found: dict[uuid.UUID, list[tuple[date, date]]] = {}
        for staff, category, valid_from, valid_until in self.credentials:
            start, end = max(first, valid_from), min(last + timedelta(days=1), valid_until)
            if category == service.category_id and start < end and self.performs(service, staff):
                found.setdefault(staff, []).append((start, end))
        return found

    def performs(self, service: ServiceFacts, provider_id: uuid.UUID) -> bool:
        own = self.performers.get((provider_id, service.id))
        return own is None or own.performs

    def shape(self, service: ServiceFacts, provider_id: uuid.UUID) -> Shape:
        """How long the provider takes for it: with the client, where somebody said so of them."""
        own = self.performers.get((provider_id, service.id))
        shape = service.shape if own is None else own.shape
        client = (self.client or {}).get(service.id)
        return shape if client is None or client.minutes is None else shape.lasting(client.minutes)

    def rank(self, service: ServiceFacts, provider_id: uuid.UUID) -> int:
        own = self.performers.get((provider_id, service.id))
        return UNRANKED if own is None else own.rank

    def by_shape(
        self, service: ServiceFacts, providers: Iterable[uuid.UUID]
    ) -> list[tuple[Shape, tuple[uuid.UUID, ...]]]:
        """Providers who take the same time for the service, those first of whom one comes first."""
        found: dict[Shape, list[uuid.UUID]] = {}
        for provider in sorted(providers, key=lambda one: (self.rank(service, one), one)):
            found.setdefault(self.shape(service, provider), []).append(provider)
        return [(shape, tuple(ids)) for shape, ids in found.items()]

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
    client_id: uuid.UUID | None = None,
) -> Facts:
    """Raises NotFound for an unknown location and NotBookable for a retired one."""
    values = {
        "location": location_id,
        "services": list(services),
        "providers": list(providers),
        "resources": list(resources),
        "client": client_id,
    }
    found: dict[str, Any] = session.execute(_SETUP, values).scalar_one()
    if found["location"] is None:
        raise NotFound("There is no such location.")
    place = Place(id=location_id, **found["location"])
    if not place.active:
        raise NotBookable("The location is retired.")
    known = {one.id: one for one in map(_service, found["services"])}
    usual = {uuid.UUID(one["id"]): _usual(one) for one in found["services"]}
    return Facts(
        place=place,
        services=known,
        named_staff={uuid.UUID(one["id"]): one["provides"] for one in found["staff"]},
        credentials=tuple(map(_credential, found["credentials"])),
        resources={one.id: one for one in map(_resource, found["resources"])},
        performers=dict(_performer(known, usual, one) for one in found["performers"]),
        client=None if found["client"] is None else _client(found["client"]),
    )


def facts_for(
    session: Session, location_id: uuid.UUID, asked: Sequence[NewItem], client_id: uuid.UUID | None = None
) -> Facts:
    """What items that are asked for need to be planned. Raises as load_facts does."""
    return load_facts(
        session,
        location_id,
        {item.service_id for item in asked},
        {item.provider_id for item in asked if item.provider_id is not None},
        {one for item in asked for one in item.resource_ids},
        client_id,
    )


def _service(row: dict[str, Any]) -> ServiceFacts:
    rule = Rule(**row["rule"]) if row["rule"] is not None else Rule()
    shape = _usual(row)
    return ServiceFacts(
        id=uuid.UUID(row["id"]),
        category_id=uuid.UUID(row["category_id"]),
        active=row["active"],
        shape=shape if rule.shares_processing else shape.engaged(),
        rule=rule,
        needs=tuple((SubjectKind(need["kind"]), need["tag"]) for need in row["needs"]),
    )


def _credential(row: dict[str, Any]) -> tuple[uuid.UUID, uuid.UUID, date, date]:
    return (
        uuid.UUID(row["staff_id"]),
        uuid.UUID(row["category_id"]),
        date.fromisoformat(row["valid_from"]),
        date.fromisoformat(row["valid_until"]),
    )


def _usual(row: dict[str, Any]) -> Shape:
    return Shape(row["hands"], row["processing"], row["finishing"], row["before"], row["after"])


def _performer(
    services: dict[uuid.UUID, ServiceFacts], usual: dict[uuid.UUID, Shape], row: dict[str, Any]
) -> tuple[tuple[uuid.UUID, uuid.UUID], Performer]:
    service = services[uuid.UUID(row["service_id"])]
    own = {name: row[name] for name in ("hands", "processing", "finishing") if row[name] is not None}
    shape = replace(usual[service.id], **own)
    if not service.rule.shares_processing:
        shape = shape.engaged()
    rank = UNRANKED if row["rank"] is None else row["rank"]
    return (uuid.UUID(row["staff_id"]), service.id), Performer(row["performs"], shape, rank)


def _client(row: dict[str, Any]) -> dict[uuid.UUID, ClientRules]:
    def day(value: str | None) -> date | None:
        return None if value is None else date.fromisoformat(value)

    return {
        uuid.UUID(service): ClientRules(
            age_known=one["age_known"],
            old_enough_on=day(one["old_enough_on"]),
            too_old_on=day(one["too_old_on"]),
            minutes=one["minutes"],
            prerequisites=tuple(
                tuple((datetime.fromisoformat(low), datetime.fromisoformat(high)) for low, high in spans)
                for spans in one["prerequisites"]
            ),
        )
        for service, one in row.items()
    }


def _resource(row: dict[str, Any]) -> ResourceFacts:
    return ResourceFacts(uuid.UUID(row["id"]), SubjectKind(row["kind"]), row["tag"], row["active"])
