"""When a location's clients may be disturbed by a text: quiet hours on its wall clock. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one local minute of the day until another, over midnight if it is the earlier one."""

    timezone: str
    from_minute: int
    until_minute: int

    def holds(self, instant: datetime) -> bool:
        local = instant.astimezone(ZoneInfo(self.timezone))
        minute = local.hour * 60 + local.minute
        if self.from_minute <= self.until_minute:  # the same twice: never quiet
            return self.from_minute <= minute < self.until_minute
        return minute >= self.from_minute or minute < self.until_minute

    def next_allowed(self, instant: datetime) -> datetime:
        """`instant`, or the first minute after the quiet hours it is in."""
        if not self.holds(instant):
            return instant
        # Minute by minute: on days of a clock change the end may come twice, or not at all.
        moment = instant.replace(second=0, microsecond=0)
        while self.holds(moment):
            moment += timedelta(minutes=1)
        return moment
