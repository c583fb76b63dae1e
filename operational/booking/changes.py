"""What an event of a visit's history changed, in words: what it was after it against what it was before.

States are the history's own; nothing is read here but what they say.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from medspa.kernel.vocabulary import AppointmentEvent
from medspa.ui.values import clock_time, weekday
from operational.booking.schemas import HistoryOut, ItemState, VisitState

Names = Mapping[uuid.UUID, str]


def changes_of(events: Sequence[HistoryOut], names: Names, zone: ZoneInfo) -> list[list[str]]:
    """Per event, what changed with it. `names` are those of services, people, rooms and devices."""
    told: list[list[str]] = []
    before: VisitState | None = None
    for one in events:
        told.append(_told(one, before, names, zone))
        before = one.state or before
    return told


def subjects_of(events: Sequence[HistoryOut]) -> tuple[set[uuid.UUID], set[uuid.UUID], set[uuid.UUID]]:
    """The services, people, and rooms and devices that the visit had at any time."""
    items = [item for one in events if one.state for item in one.state.items]
    used = {resource.resource_id for item in items for resource in item.resources}
    return {item.service_id for item in items}, {item.provider_id for item in items}, used


def _told(event: HistoryOut, before: VisitState | None, names: Names, zone: ZoneInfo) -> list[str]:
    after = event.state
    if after is None:
        return []
    if before is None or event.event is AppointmentEvent.BOOKED:
        return [
            _when(after, zone),
            *(f"{names[item.service_id]} with {names[item.provider_id]}" for item in _in_order(after)),
        ]
    found = []
    if (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at):
        found.append(_instead(before, after, zone))
    was, now = ({item.id: item for item in state.items} for state in (before, after))
    found += [f"Added: {names[item.service_id]}" for item in _in_order(after) if item.id not in was]
    found += [f"Taken off: {names[item.service_id]}" for item in _in_order(before) if item.id not in now]
    for item in _in_order(after):
        if item.id in was:
            found += _of_item(was[item.id], item, names, several=len(after.items) > 1, zone=zone)
    return found


def _of_item(was: ItemState, now: ItemState, names: Names, *, several: bool, zone: ZoneInfo) -> list[str]:
    """`several`: which service it is about is said, and when it begins."""
    found = []
    about = f"{names[now.service_id]}: " if several else ""
    if was.provider_id != now.provider_id:
        found.append(f"{about}{names[now.provider_id]} instead of {names[was.provider_id]}")
    before, after = ({one.resource_id for one in item.resources} for item in (was, now))
    if before != after:
        left, right = (_list(one, names) for one in (before - after, after - before))
        found.append(f"{about}{right} instead of {left}")
    if several and was.starts_at != now.starts_at:
        at = [clock_time(one.starts_at.astimezone(zone)) for one in (was, now)]
        found.append(f"{about}{at[1]} instead of {at[0]}")
    return found


def _when(state: VisitState, zone: ZoneInfo) -> str:
    return f"{weekday(state.starts_at.astimezone(zone))}, {_clocks(state, zone)}"


def _clocks(state: VisitState, zone: ZoneInfo) -> str:
    return " – ".join(clock_time(one.astimezone(zone)) for one in (state.starts_at, state.ends_at))


def _instead(before: VisitState, after: VisitState, zone: ZoneInfo) -> str:
    days = {one.starts_at.astimezone(zone).date() for one in (before, after)}
    told = _clocks if len(days) == 1 else _when
    return f"{told(after, zone)} instead of {told(before, zone)}"


def _list(ids: set[uuid.UUID], names: Names) -> str:
    return ", ".join(sorted(names[one] for one in ids)) or "nothing"


def _in_order(state: VisitState) -> list[ItemState]:
    return sorted(state.items, key=lambda item: (item.starts_at, str(item.id)))
