"""Chooses providers and resources for a visit from what the database found free. Pure: no database."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medspa.kernel.vocabulary import SoftRule, SubjectKind
from operational.booking.errors import (
    ImpossibleVisit,
    LocationClosed,
    NeedsOverride,
    OutsideShift,
    ProviderAway,
    ResourceDown,
    SlotTaken,
)
from operational.booking.shape import Asked, Placed, overlap

WHY = {
    SoftRule.BUFFER: "a buffer or finishing time of this or a neighbouring visit would be cut",
    SoftRule.CLIENT_OVERLAP: "the client is in another visit at that time",
    SoftRule.LEAD_TIME: "the service would start sooner than it is booked ahead",
    SoftRule.HORIZON: "the service would be booked further ahead than it is offered",
    SoftRule.INTERVAL: "the service does not start by its interval",
    SoftRule.PREREQUISITE: "what must have been done before is missing or too old",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A visit that can take place, and the soft rules it breaks."""

    items: tuple[Placed, ...]
    broken: frozenset[SoftRule]


@dataclass
class _Findings:
    taken: list[dict[str, Any]]
    broken: set[SoftRule]


def choose(
    items: Sequence[Asked],
    answers: Sequence[Mapping[str, Any]],
    overrides: Collection[SoftRule],
    broken: Collection[SoftRule] = (),
) -> Chosen:
    """Place every item, or raise what stands in the way: closed, no shift, away, taken, or soft rules alone.

    `broken` are rules that the time asked for breaks whoever is free.
    """
    findings = _Findings([], set(broken))
    placed: list[Placed] = []
    for item, answer in zip(items, answers, strict=True):
        if not answer["open"]:
            closed: dict[str, Any] = {"item": item.position}
            if answer["closed_for"] is not None:
                closed["reason"] = answer["closed_for"]
            raise LocationClosed("Choose a time inside the opening hours.", closed)
        if not answer["client_calm"]:
            findings.broken.add(SoftRule.CLIENT_OVERLAP)
        provider = _provider(item, answer["providers"], placed, findings)
        resources = _resources(item, answer["resources"], placed, findings)
        if provider is not None:
            placed.append(Placed(item, provider, resources))
    if findings.taken:
        raise SlotTaken("Choose another time, provider or resource.", {"taken": findings.taken})
    refused = sorted(findings.broken - set(overrides))
    if refused:
        why = "; ".join(WHY[rule] for rule in refused)
        raise NeedsOverride(
            f"At this time {why}. Choose another time, or send these rules as `overrides`.",
            {"rules": [rule.value for rule in refused]},
        )
    return Chosen(tuple(placed), frozenset(findings.broken))


def _provider(
    item: Asked, found: Sequence[Mapping[str, Any]], placed: Sequence[Placed], findings: _Findings
) -> uuid.UUID | None:
    busy_here = {p.provider_id for p in placed if overlap(p.asked.hands_on, item.hands_on)}
    if item.provider_named and item.providers[0] in busy_here:
        raise ImpossibleVisit(
            "One provider cannot work on two items of a visit at the same time.", {"item": item.position}
        )
    on_shift = [one for one in found if one["in_shift"]]
    if not on_shift:
        raise OutsideShift("Choose a time inside a shift, or another provider.", {"item": item.position})
    there = [one for one in on_shift if not one["away"]]
    if not there:
        raise ProviderAway("Choose another time or another provider.", {"item": item.position})
    free = [one for one in there if one["free"] and uuid.UUID(one["id"]) not in busy_here]
    ranks = dict(zip(map(str, item.providers), item.ranks, strict=True))
    free.sort(key=lambda one: (ranks[one["id"]], one["minutes"], one["id"]))
    return _best(item, SubjectKind.PROVIDER, free, findings)


def _resources(
    item: Asked, found: Sequence[Mapping[str, Any]], placed: Sequence[Placed], findings: _Findings
) -> tuple[uuid.UUID, ...]:
    by_id = {uuid.UUID(one["id"]): one for one in found}
    chosen = []
    for need, pool in zip(item.needs, item.pools, strict=True):
        there = [one for one in pool if not by_id[one]["away"]]
        if not there:
            what = {"item": item.position, "subject": need.kind.value}
            raise ResourceDown("Choose another time, or another room or device.", what)
        free = [
            by_id[one] for one in there if by_id[one]["free"] and not _in_use(item, need.kind, one, placed)
        ]
        best = _best(item, need.kind, free, findings)
        if best is not None:
            chosen.append(best)
    return tuple(chosen)


def _in_use(item: Asked, kind: SubjectKind, resource: uuid.UUID, placed: Sequence[Placed]) -> bool:
    """Parallel items of one visit share a room, never a device."""
    return kind is SubjectKind.DEVICE and any(
        resource in other.resources and overlap(other.asked.client_time, item.client_time) for other in placed
    )


def _best(
    item: Asked, kind: SubjectKind, free: Sequence[Mapping[str, Any]], findings: _Findings
) -> uuid.UUID | None:
    """The first that is calm, else the first that is free at all."""
    if not free:
        findings.taken.append({"item": item.position, "subject": kind.value})
        return None
    calm = [one for one in free if one["calm"]]
    if not calm:
        findings.broken.add(SoftRule.BUFFER)
    return uuid.UUID((calm or free)[0]["id"])
