"""A week as a form: from and until per weekday, twice where there is a break. For hours and shifts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from starlette.datastructures import FormData

from operational.models.organization import LocationHours
from operational.organization.schemas import OpeningHours

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PARTS = (0, 1)
DAY = 1440
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
Span = tuple[int, int, int]
"""Weekday (0 Monday), first minute of the day, last one; past 1440 it reaches into the next day."""


def names() -> list[str]:
    return [
        f"{edge}-{weekday}-{part}" for weekday in range(7) for part in PARTS for edge in ("from", "until")
    ]


def typed(form: FormData) -> dict[str, str]:
    return {name: str(form.get(name) or "") for name in names()}


def read(form: FormData) -> tuple[list[Span], dict[str, str]]:
    """(spans in the order of the week, what is wrong)."""
    spans, sent = [], typed(form)
    for weekday, day in enumerate(WEEKDAYS):
        for part in PARTS:
            edges = [sent[f"{edge}-{weekday}-{part}"].strip() for edge in ("from", "until")]
            if not any(edges):
                continue
            since, until = map(_minute, edges)
            if since is None or until is None or since == until:
                return [], {
                    "": f"{day}: enter from and until, such as 09:00 and 17:30; leave both empty for none."
                }
            spans.append((weekday, since, until if until > since else until + DAY))
    return spans, {}


def _minute(raw: str) -> int | None:
    """None for what is no time of day."""
    found = _CLOCK.fullmatch(raw)
    return int(found[1]) * 60 + int(found[2]) if found else None


def as_hours(spans: Sequence[Span]) -> list[OpeningHours]:
    return [OpeningHours(weekday=day, opens_minute=since, closes_minute=until) for day, since, until in spans]


def of_hours(rows: Sequence[LocationHours]) -> dict[str, str]:
    shown = dict.fromkeys(names(), "")
    taken: dict[int, int] = {}
    for row in rows:
        part = taken.get(row.weekday, 0)
        taken[row.weekday] = part + 1
        shown[f"from-{row.weekday}-{part}"] = clock(row.opens_minute)
        shown[f"until-{row.weekday}-{part}"] = clock(row.closes_minute)
    return shown


def clock(minute: int) -> str:
    return f"{minute % DAY // 60:02}:{minute % 60:02}"


def days_of(spans: Sequence[Span], first: dt.date, weeks: int) -> list[tuple[dt.datetime, dt.datetime]]:
    """Local times of every span on every day of these weeks, from the first day on."""
    found: Mapping[int, list[Span]] = {day: [one for one in spans if one[0] == day] for day in range(7)}
    shifts = []
    for offset in range(weeks * 7):
        midnight = dt.datetime.combine(first + dt.timedelta(days=offset), dt.time())
        for _, since, until in found[midnight.weekday()]:
            shifts.append((midnight + dt.timedelta(minutes=since), midnight + dt.timedelta(minutes=until)))
    return shifts
