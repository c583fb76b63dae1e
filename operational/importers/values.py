"""Amounts, dates and names as people's systems write them. Nothing is guessed: what is not clear raises."""

from __future__ import annotations

import datetime as dt
import enum
import re
import unicodedata
from collections.abc import Iterable

from operational.importers.errors import DatesUnclear
from operational.text import clean_line

_MONEY = re.compile(r"(?P<open>\()?\s*(?P<sign>-)?\s*\$?\s*(?P<sign2>-)?(?P<whole>\d{1,3}(?:,\d{3})+|\d*)"
                    r"(?:\.(?P<cents>\d+))?\s*(?P<close>\))?", re.ASCII)  # fmt: skip
_QUANTITY = re.compile(r"-?(\d{1,6})(?:\.(\d{1,3})0*)?", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](.*))?", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:,?\s+(.*))?", re.ASCII)
_NAMED = re.compile(r"([A-Za-z]{3})[a-z]*\.? (\d{1,2}),? (\d{4})(?:,?\s+(.*))?", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp][Mm])?", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EARLIEST = 1980


def minor(text: str) -> int:
    """Cents of `$1,234.56`, `($12.00)`, `-5`, or nothing (0). Raises ValueError."""
    if not text:
        return 0
    found = _MONEY.fullmatch(text)
    if not found or not (found["whole"] or found["cents"]) or bool(found["open"]) != bool(found["close"]):
        raise ValueError("an amount")
    cents = (found["cents"] or "").rstrip("0").ljust(2, "0")
    if len(cents) > 2:
        raise ValueError("an amount of whole cents")
    amount = int((found["whole"] or "0").replace(",", "")) * 100 + int(cents)
    if amount > 10**11:
        raise ValueError("an amount")
    negative = sum(map(bool, (found["open"], found["sign"], found["sign2"])))
    if negative > 1:
        raise ValueError("an amount")
    return -amount if negative else amount


def milli(text: str) -> int:
    """Thousandths of a quantity; nothing is one. Raises ValueError."""
    if not text:
        return 1000
    found = _QUANTITY.fullmatch(text.replace(",", ""))
    if not found:
        raise ValueError("a quantity")
    amount = int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))
    if amount == 0:
        raise ValueError("a quantity")
    return amount


class DateOrder(enum.StrEnum):
    """How a file writes the days of its dates."""

    MONTH_FIRST = "mdy"
    DAY_FIRST = "dmy"


def order_of(texts: Iterable[str], name: str) -> DateOrder:
    """How the slashed dates of a file are meant, from those that can be read in one way only.

    Raises DatesUnclear when they contradict each other or none of them tells.
    """
    first = second = open_ = False
    for text in texts:
        found = _SLASHED.fullmatch(text)
        if not found:
            continue
        one, two = int(found[1]), int(found[2])
        first |= 12 < one <= 31 and two <= 12
        second |= 12 < two <= 31 and one <= 12
        open_ |= one <= 12 and two <= 12 and one != two
    if first and second:
        raise DatesUnclear(f"{name} has dates with the day first and dates with the month first.")
    if open_ and not first and not second:
        raise DatesUnclear(f"No date of {name} tells; say --dates mdy or --dates dmy.")
    return DateOrder.DAY_FIRST if first else DateOrder.MONTH_FIRST


def moment(text: str, order: DateOrder) -> tuple[dt.date, dt.time | None]:
    """A date, with its time of day where one is written. Raises ValueError."""
    if found := _ISO.fullmatch(text):
        year, month, day, rest = int(found[1]), int(found[2]), int(found[3]), found[4]
    elif found := _SLASHED.fullmatch(text):
        parts = int(found[1]), int(found[2])
        month, day = parts if order is DateOrder.MONTH_FIRST else parts[::-1]
        year, rest = int(found[3]), found[4]
        year += 2000 if year < 100 else 0
    elif (found := _NAMED.fullmatch(text)) and found[1].lower() in _MONTHS:
        month, day, year, rest = _MONTHS.index(found[1].lower()) + 1, int(found[2]), int(found[3]), found[4]
    else:
        raise ValueError("a date")
    if year < _EARLIEST:
        raise ValueError("a date of this practice")
    return dt.date(year, month, day), _time(rest) if rest and rest.strip() else None


def _time(text: str) -> dt.time:
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise ValueError("a time of day")
    hour, half = int(found[1]), (found[4] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("a time of day")
        hour = hour % 12 + (12 if half == "pm" else 0)
    return dt.time(hour, int(found[2]), int(found[3] or 0))


def birth(text: str, order: DateOrder) -> dt.date:
    """A birth date: like `moment`, and of the last century too. Raises ValueError."""
    if (found := _SLASHED.fullmatch(text)) and len(found[3]) == 4:
        parts = int(found[1]), int(found[2])
        month, day = parts if order is DateOrder.MONTH_FIRST else parts[::-1]
        return dt.date(int(found[3]), month, day)
    if found := _ISO.fullmatch(text):
        return dt.date(int(found[1]), int(found[2]), int(found[3]))
    raise ValueError("a birth date of four-digit year")


def name_of(text: str) -> tuple[str, str]:
    """(first, last) of `Last, First` or `First Last`; one word alone is a first name. Raises ValueError."""
    cleaned = clean_line(" ".join(text.split()))
    if "," in cleaned:
        last, _, first = (part.strip() for part in cleaned.partition(","))
    else:
        first, _, last = cleaned.rpartition(" ")
        if not first:
            first, last = last, ""
    first, last = first or "-", last or "-"
    if max(len(first), len(last)) > 100 or not any(one.isalpha() for one in first + last):
        raise ValueError("a name")
    return first, last


def folded(text: str) -> str:
    """Without case and accents, as the client search compares names."""
    decomposed = unicodedata.normalize("NFKD", text)
    return re.sub("[\u0300-\u036f]", "", decomposed).lower()
