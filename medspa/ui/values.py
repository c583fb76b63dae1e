"""Values as people read them: amounts in their currency, dates, codes as words. Templates place them."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from contextvars import ContextVar

from medspa.kernel.money import decimal_text

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
MINUS = "−"
TWELVE_HOURS = frozenset({"USD", "CAD", "AUD", "NZD"})
_hours: ContextVar[int] = ContextVar("hours", default=12)
_CAPITALS = {"ar": "AR"}


def money(amount_minor: int, currency: str) -> str:
    sign = MINUS if amount_minor < 0 else ""
    return f"{sign}{symbol(currency)}{decimal_text(amount_minor, currency, ',')}"


def symbol(currency: str) -> str:
    return SYMBOLS.get(currency, f"{currency} " if currency else "")


def quantity(milli: int) -> str:
    """Thousandths of a unit as units."""
    return f"{milli / 1000:,.3f}".rstrip("0").rstrip(".")


def day(value: dt.date) -> str:
    return f"{value.day} {value:%b %Y}"


def weekday(value: dt.date) -> str:
    """A day as it is said on the phone: with its weekday."""
    return f"{value:%a} {day(value)}"


def hours_of(currency: str) -> int:
    """12 or 24: how clocks are read where one pays in it."""
    return 12 if currency in TWELVE_HOURS else 24


@contextlib.contextmanager
def clock_of(hours: int) -> Iterator[None]:
    """Times are told by a clock of so many hours within."""
    token = _hours.set(hours)
    try:
        yield
    finally:
        _hours.reset(token)


def clock_time(value: dt.datetime | dt.time) -> str:
    """The time of day of a value that carries its place's offset, as clocks are read there."""
    if _hours.get() == 24:
        return f"{value:%H:%M}"
    return f"{value.hour % 12 or 12}:{value:%M}\u00a0{'am' if value.hour < 12 else 'pm'}"


def wall_time(wall: str) -> str:
    """The time of day of a wall clock such as 2026-03-02T14:30."""
    return clock_time(dt.datetime.fromisoformat(wall))


def minute_of_day(minute: int) -> str:
    """Minutes since midnight as a time of day."""
    return "midnight" if minute >= 1440 else clock_time(dt.time(minute // 60, minute % 60))


def words(text: str) -> str:
    """A code of ours as words; what people wrote stays as it is."""
    code = "_" in text and text.replace("_", "").isalnum() and text == text.lower()
    return " ".join(_CAPITALS.get(part, part) for part in text.split("_")) if code else text


def title(text: str) -> str:
    """`words` with a capital, for a cell or a heading."""
    shown = words(text)
    return shown[:1].upper() + shown[1:]
