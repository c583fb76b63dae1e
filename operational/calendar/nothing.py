"""Why nothing can be booked on what the calendar shows, in words, and where to change it. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select

from medspa.kernel.vocabulary import OffSubject, Permission
from operational.calendar.feed import Block, CalendarDays, Span
from operational.identity.unit import Unit
from operational.models import LocationHours

TIME_OFF = "/calendar/time-off"


@dataclass(frozen=True, slots=True)
class Nothing:
    """`do` and `path` are empty for who can do nothing about it. `shifts`: a shift settles it."""

    told: str
    do: str = ""
    path: str = ""
    shifts: bool = False


def nothing_on(unit: Unit, shown: CalendarDays) -> Nothing | None:
    """None: something can be booked, as far as hours, shifts and time off tell."""
    may = {one: unit.actor.may(one, shown.location_id) for one in Permission}
    when = "on this day" if shown.days == 1 else "in this week"
    closed = [one for one in shown.blocks if one.subject_kind is OffSubject.LOCATION]
    if _covered(closed, _ends(shown)):
        why = "" if closed[0].reason.value == "other" else f" ({closed[0].reason.value.replace('_', ' ')})"
        return Nothing(
            f"The location is closed {when}{why}.", "Look at the closure", f"{TIME_OFF}?kind=closures"
        )
    hours = set(
        unit.session.scalars(
            select(LocationHours.weekday).where(LocationHours.location_id == shown.location_id)
        )
    )
    days = {(shown.day + timedelta(days=number)).weekday() for number in range(shown.days)}
    if not hours & days:
        told = f"The location has no opening hours {when}: nothing can be booked."
        if may[Permission.ORGANIZATION_MANAGE]:
            return Nothing(told, "Set opening hours", f"/setup/locations/{shown.location_id}/hours")
        return Nothing(told)
    if not shown.shifts:
        if may[Permission.SCHEDULE_MANAGE]:
            return Nothing(f"Nobody works {when}.", "Add shifts", "/setup/shifts", shifts=True)
        return Nothing(f"Nobody works {when}. Ask whoever plans the shifts.", shifts=True)
    if all(_away(one, shown) for one in shown.shifts):
        return Nothing(
            f"Everybody who would work {when} is away.", "Look at the time off", f"{TIME_OFF}?kind=people"
        )
    return None


def _away(shift: Span, shown: CalendarDays) -> bool:
    mine = [one for one in shown.blocks if one.subject_id == shift.subject_id]
    return _covered(mine, (shift.starts_at, shift.ends_at))


def _covered(blocks: Iterable[Block], span: tuple[str, str]) -> bool:
    """Walls of one format compare as they are written."""
    since, until = span
    for one in sorted(blocks, key=lambda block: block.starts_at):
        if one.starts_at > since:
            return False
        since = max(since, one.ends_at)
        if since >= until:
            return True
    return False


def _ends(shown: CalendarDays) -> tuple[str, str]:
    first = datetime.combine(shown.day, time())
    last = first + timedelta(days=shown.days)
    return f"{first:%Y-%m-%dT%H:%M}", f"{last:%Y-%m-%dT%H:%M}"
