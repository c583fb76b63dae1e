"""Values as people read them: amounts in their currency, shares in per cent, dates, tokens.

Every number keeps its exact value beside its text. Which columns there are is the catalogue's business.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medspa.kernel.money import digits
from medspa.ui.values import MINUS, day, money, symbol, words
from reporting_api.catalog import NUMBERS, Column
from reporting_api.formats import as_plain

_UNITS = {"minor": "minor", "count": "count", "ratio": "ratio", "days": "number"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. `exact` is what the API says of it, for numbers and dates."""

    text: str
    kind: str
    exact: str = ""
    link: str = ""
    negative: bool = False


def cell(column: Column, row: Mapping[str, Any]) -> Cell:
    value = row[column.name]
    kind = kind_of(column, row)
    if value is None:
        return Cell("", kind)
    if kind == "uuid":
        link = f"/drill-down/{column.drill}/{value}" if column.drill else ""
        return Cell(str(value)[:8], kind, str(value), link)
    if kind == "date":
        return Cell(day(value), kind, str(value))
    if column.type in NUMBERS:
        text = number(value, kind, row.get("currency"))
        below = kind in ("minor", "ratio") and value < 0
        return Cell(text, kind, str(as_plain(column, value)), negative=below)
    if kind == "flag":
        return Cell("yes" if value else "no", kind)
    return Cell(words(str(value)), "text")


def kind_of(column: Column, row: Mapping[str, Any]) -> str:
    """A column's type; where rows have a unit of their own, that of the row."""
    if column.type == "number" and row.get("unit") in _UNITS:
        return _UNITS[row["unit"]]
    return column.type


def number(value: float, kind: str, currency: str | None = None) -> str:
    if kind == "minor":
        return money(round(value), currency or "")
    sign = MINUS if value < 0 else ""
    if kind == "ratio":
        return f"{sign}{abs(value) * 100:,.1f} %"
    return sign + f"{abs(value):,.2f}".rstrip("0").rstrip(".")


def short(value: float, kind: str, currency: str | None = None) -> str:
    """For an axis: $12k."""
    if kind == "ratio":
        return f"{MINUS if value < 0 else ''}{abs(value) * 100:g} %"
    size = abs(value) / 10 ** digits(currency or "") if kind == "minor" else abs(value)
    for letter, thousand in (("M", 1e6), ("k", 1e3)):
        if size >= thousand:
            text = f"{size / thousand:g}{letter}"
            break
    else:
        text = f"{size:g}"
    return f"{MINUS if value < 0 else ''}{symbol(currency or '') if kind == 'minor' else ''}{text}"


def moment(value: dt.datetime) -> str:
    at = value.astimezone(dt.UTC)
    return f"{day(at.date())}, {at:%H:%M} UTC"


def ago(value: dt.datetime, now: dt.datetime) -> str:
    """How long since, in the largest unit that fits."""
    seconds = max(0, int((now - value).total_seconds()))
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "less than a minute ago"
