"""Time: the one clock, business dates and local times. Schedules and shifts belong to booking.

The clock is replaced only at the composition root (simulation, tests); everything else calls `now()`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from medspa.kernel.errors import DomainError


class LocalTimeMissing(DomainError):
    """A wall-clock time that the location's clocks skip (spring forward)."""

    status = 422
    code = "local-time-missing"
    title = "This local time does not exist"


class LocalTimeAmbiguous(DomainError):
    """A wall-clock time that the location's clocks show twice (fall back)."""

    status = 422
    code = "local-time-ambiguous"
    title = "This local time happens twice"


def _system_now() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system_now


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return _source()


def install(source: Callable[[], datetime]) -> None:
    """Replace the clock of this process. Composition root only; live mode refuses it."""
    global _source
    _source = source


def source() -> Callable[[], datetime]:
    """What tells the time now, to be put back with `install`."""
    return _source


def uses_system_clock() -> bool:
    return _source is _system_now


@contextlib.contextmanager
def frozen(instant: datetime) -> Iterator[None]:
    """Hold the clock at `instant` inside the block (simulation and tests)."""
    previous = _source
    install(lambda: instant)
    try:
        yield
    finally:
        install(previous)


def business_date(instant: datetime, timezone: str, cutover_hour: int = 3) -> date:
    """The location's business date: local time minus the cut-over hour (metrics, conventions).

    The subtraction is on the wall clock, so the date never depends on the length of a DST day.
    """
    local = instant.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    return (local - timedelta(hours=cutover_hour)).date()


def begin_of(day: date, timezone: str, cutover_hour: int = 3) -> datetime:
    """The first instant of a business date: the earlier one where clocks show it twice."""
    return datetime.combine(day, time(cutover_hour), ZoneInfo(timezone)).astimezone(UTC)


def from_local(wall: datetime, timezone: str, fold: int | None = None) -> datetime:
    """The UTC instant of a naive wall-clock time at a location.

    Raises LocalTimeMissing in a DST gap and LocalTimeAmbiguous in a twice-time without `fold`.
    """
    zone = ZoneInfo(timezone)
    early, late = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    if early.utcoffset() != late.utcoffset():
        if early.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
            raise LocalTimeMissing(
                f"Clocks in {timezone} skip {wall:%Y-%m-%d %H:%M}; choose a time before or after the change."
            )
        if fold is None:
            raise LocalTimeAmbiguous(
                f"Clocks in {timezone} show {wall:%Y-%m-%d %H:%M} twice; send the time with its UTC offset."
            )
        return (late if fold else early).astimezone(UTC)
    return early.astimezone(UTC)
