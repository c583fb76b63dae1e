"""From a request and the facts to items with times and candidates. Reads nothing from the database."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from medspa.kernel import clock
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import SubjectKind
from operational.booking.errors import (
    ImpossibleVisit,
    InThePast,
    NoProvider,
    NotBookable,
    ProviderNotEligible,
    ResourceNotSuitable,
)
from operational.booking.facts import Facts, ServiceFacts
from operational.booking.schemas import NewItem
from operational.booking.shape import LONGEST, Asked, Need, Shape

GRACE = timedelta(minutes=15)
"""A visit may be entered this long after its start."""
MOST_OPTIONS = 16
"""Ways to plan a visit that are tried; more would need several items with many lengths each."""
FURTHEST = timedelta(days=730)
"""Further ahead no shifts exist; guards against mistyped years."""


def options(
    facts: Facts,
    wanted_items: Sequence[NewItem],
    starts_at: datetime | None,
    *,
    walk_in: bool = False,
    first_position: int = 0,
) -> tuple[tuple[Asked, ...], ...]:
    """The items of a new visit, each with its time and its candidates: in as many ways as candidates differ
    in how long they take, the best first. `first_position` is the first item's."""
    start = _first_start(facts, wanted_items[0], starts_at, walk_in=walk_in)
    found: list[tuple[Asked, ...]] = [()]
    for position, wanted in enumerate(wanted_items, first_position):
        service = facts.service(wanted.service_id)
        if not service.active:
            raise NotBookable("The service is retired.", {"item": position})
        longer = []
        for items in found:
            begins = items[-1].client_time[1] if items else start
            if wanted.starts_at is not None:
                begins = facts.place.instant(wanted.starts_at)
            longer += [
                (*items, item) for item in plan_item(facts, new_id(), position, service, begins, wanted)
            ]
        found = longer[:MOST_OPTIONS]
    for items in found:
        check_times(items)
    return tuple(found)


def plan_item(
    facts: Facts,
    id_: uuid.UUID,
    position: int,
    service: ServiceFacts,
    starts_at: datetime,
    wanted: NewItem,
) -> list[Asked]:
    """One new item, once for each time that its candidates would take."""
    needs = _needs(facts, wanted)
    eligible = facts.eligible(service, facts.place.local_date(starts_at))
    candidates = _providers(facts, position, service, eligible, wanted.provider_id)
    return [
        asked_item(
            facts, id_, position, service,
            shape if wanted.minutes is None else shape.lasting(wanted.minutes),
            starts_at, providers, wanted.provider_id is not None, needs,
        )
        for shape, providers in facts.by_shape(service, candidates)
    ]  # fmt: skip


def kept_item(
    facts: Facts,
    id_: uuid.UUID,
    position: int,
    service: ServiceFacts,
    starts_at: datetime,
    provider_id: uuid.UUID,
    shape: Shape,
    needs: Sequence[tuple[Need, uuid.UUID | None]],
) -> Asked:
    """An item that exists, with one provider and its own length."""
    eligible = facts.eligible(service, facts.place.local_date(starts_at))
    providers = _providers(facts, position, service, eligible, provider_id)
    return asked_item(facts, id_, position, service, shape, starts_at, providers, True, needs)


def asked_item(
    facts: Facts,
    id_: uuid.UUID,
    position: int,
    service: ServiceFacts,
    shape: Shape,
    starts_at: datetime,
    providers: tuple[uuid.UUID, ...],
    named: bool,
    needs: Sequence[tuple[Need, uuid.UUID | None]],
) -> Asked:
    """Each need comes with the resource that must serve it, or none: any of its pool."""
    return Asked(
        id=id_,
        position=position,
        service_id=service.id,
        shape=shape,
        starts_at=starts_at,
        providers=providers,
        provider_named=named,
        needs=tuple(need for need, _ in needs),
        pools=tuple(_pool(facts, position, need, resource) for need, resource in needs),
        ranks=tuple(facts.rank(service, one) for one in providers),
    )


def check_times(items: Sequence[Asked], *, may_have_begun: bool = False) -> None:
    """Raises InThePast, Invalid for a time too far ahead, ImpossibleVisit for a visit that is too long."""
    first = min(item.starts_at for item in items)
    if not may_have_begun and first < clock.now() - GRACE:
        raise InThePast("Choose a time from now on.")
    if first > clock.now() + FURTHEST:
        raise Invalid("starts_at: at most two years ahead.")
    before = max(item.shape.before for item in items)
    after = max(item.shape.after for item in items)
    last = max(item.client_time[1] for item in items)
    if last - first + timedelta(minutes=before + after) > LONGEST:
        raise ImpossibleVisit("A visit with its buffers takes at most 24 hours.")


def subjects_of(ways: Sequence[Sequence[Asked]], *others: uuid.UUID) -> list[str]:
    """Everything whose time the visit may take in any of these ways: what the transaction locks."""
    found = set(others)
    for item in (item for items in ways for item in items):
        found.update(item.providers)
        for pool in item.pools:
            found.update(pool)
    return [str(one) for one in found]


def _first_start(facts: Facts, first: NewItem, starts_at: datetime | None, *, walk_in: bool) -> datetime:
    if starts_at is not None:
        return facts.place.instant(starts_at)
    if walk_in:
        return clock.now().replace(second=0, microsecond=0)
    if first.starts_at is None:
        raise Invalid("starts_at: send when the visit starts.")
    return facts.place.instant(first.starts_at)


def _providers(
    facts: Facts,
    position: int,
    service: ServiceFacts,
    eligible: tuple[uuid.UUID, ...],
    named: uuid.UUID | None,
) -> tuple[uuid.UUID, ...]:
    if named is None:
        if not eligible:
            raise NoProvider(
                "Add a credential for the service's category at this location.", {"item": position}
            )
        return eligible
    if named not in facts.named_staff:
        raise NotFound("There is no such provider.")
    if not facts.named_staff[named]:
        raise ProviderNotEligible("The staff member is not an active provider.", {"item": position})
    if not facts.performs(service, named):
        raise ProviderNotEligible("The provider does not offer this service.", {"item": position})
    if named not in eligible:
        raise ProviderNotEligible("The provider has no valid credential for it.", {"item": position})
    return (named,)


def _needs(facts: Facts, wanted: NewItem) -> list[tuple[Need, uuid.UUID | None]]:
    """The service's needs, each with the named resource that serves it."""
    needs = [Need(kind, tag, new_id()) for kind, tag in facts.service(wanted.service_id).needs]
    return match_named(facts, needs, wanted.resource_ids)


def match_named(
    facts: Facts, needs: Sequence[Need], named: Sequence[uuid.UUID]
) -> list[tuple[Need, uuid.UUID | None]]:
    """Pair needs with named resources by kind and tag. Raises ResourceNotSuitable."""
    by_need: dict[tuple[SubjectKind, str], uuid.UUID] = {}
    for resource_id in named:
        found = facts.resources.get(resource_id)
        if found is None or not any((need.kind, need.tag) == (found.kind, found.tag) for need in needs):
            raise ResourceNotSuitable("A named room or device does not serve this service at this location.")
        if (found.kind, found.tag) in by_need:
            raise ResourceNotSuitable("Two named resources serve the same need; name one.")
        by_need[found.kind, found.tag] = resource_id
    return [(need, by_need.get((need.kind, need.tag))) for need in needs]


def _pool(facts: Facts, position: int, need: Need, named: uuid.UUID | None) -> tuple[uuid.UUID, ...]:
    """Who may serve a need: the named one; else the one it has now, then all others."""
    pool = facts.pool(need.kind, need.tag)
    if named is not None:
        pool = tuple(one for one in pool if one == named)
    elif need.current in pool:
        pool = (need.current, *(one for one in pool if one != need.current))
    if not pool:
        raise ResourceNotSuitable(
            f"This location has no active {need.kind.value} with the tag {need.tag}.", {"item": position}
        )
    return pool
