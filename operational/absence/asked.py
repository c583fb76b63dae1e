"""What the forms of time off send, read as the API reads its bodies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import OffSubject, TimeOffReason
from operational.booking.schedule_schemas import NewTimeOff
from operational.models import Location
from operational.schemas import from_form

FIELDS = ("subject", "first", "last", "since", "until", "reason", "paid", "weeks", "times")
BLANK = dict.fromkeys(FIELDS, "") | {"reason": TimeOffReason.VACATION.value, "weeks": "1"}


def typed(sent: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(sent.get(name) or "").strip() for name in FIELDS}


def read(place: Location, values: Mapping[str, str], *, request: bool, keep: bool) -> NewTimeOff:
    """Raises Invalid with the field that is to be corrected in front."""
    kind, _, subject = values["subject"].partition(":")
    if kind not in set(OffSubject):
        raise Invalid("subject: Choose who or what it is about.")
    first = _day("first", values["first"])
    last = _day("last", values["last"]) if values["last"] else first
    since, until = _clock("since", values["since"]), _clock("until", values["until"])
    if (since is None) != (until is None):
        raise Invalid("until: Enter both from and until, or neither for whole days.")
    if last < first:
        raise Invalid("last: The last day is before the first.")
    if since and until:
        starts_at, ends_at = datetime.combine(first, since), datetime.combine(last, until)
        if ends_at <= starts_at:
            raise Invalid("until: It ends before it begins.")
    else:
        zone = ZoneInfo(place.timezone)
        starts_at, ends_at = (
            datetime.combine(one, time(), zone) for one in (first, last + timedelta(days=1))
        )
    times = _count("times", values["times"], 1)
    repeat = {"every_weeks": _count("weeks", values["weeks"], 1), "times": times} if times > 1 else None
    return from_form(
        NewTimeOff, location_id=place.id, subject_kind=kind, subject_id=subject, starts_at=starts_at,
        ends_at=ends_at, reason=values["reason"], paid=bool(values["paid"]), request=request, repeat=repeat,
        keep_visits=keep,
    )  # fmt: skip


def _day(name: str, raw: str) -> date:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        raise Invalid(f"{name}: Enter a date such as 2026-03-02.") from None


def _clock(name: str, raw: str) -> time | None:
    if not raw:
        return None
    try:
        return time.fromisoformat(raw).replace(tzinfo=None)
    except ValueError:
        raise Invalid(f"{name}: Enter a time such as 09:30.") from None


def _count(name: str, raw: str, least: int) -> int:
    if not raw:
        return least
    if not raw.isascii() or not raw.isdigit() or not least <= int(raw[:4]) <= 104:
        raise Invalid(f"{name}: Enter a whole number from {least} to 104.")
    return int(raw)
