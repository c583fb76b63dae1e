"""What a report's picture shows: lines where rows have a date, bars where they have names.

A picture adds nothing: the table below it is the data. How it is drawn is drawing.py's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from medspa.ui.values import words
from reporting_api.catalog import Column, Report
from reporting_api.compare import TITLES, Comparison
from reporting_api.pages.cells import kind_of

LINES = 6
BARS = 12
PICTURES = 3
"""Currencies that get a picture each."""
DAYS_FILLED = 400
Rows = Sequence[dict[str, Any]]
_ONE = dt.timedelta(days=1)
_STEPS = {"day": _ONE, "week": 7 * _ONE}


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its value per date of the picture; None where there is none."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One name with its value, then the earlier ones it is compared with."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Values in one unit and currency. With `dates` it has lines, else bars."""

    title: str
    kind: str
    currency: str | None
    dates: tuple[dt.date, ...] = ()
    lines: tuple[Series, ...] = ()
    bars: tuple[Bar, ...] = ()
    against: tuple[str, ...] = ()
    """What a bar's values are: now, then the periods it is compared with."""
    left_out: int = 0


def pictures(
    report: Report, rows: Rows, first: dt.date, until: dt.date, compare: Sequence[Comparison]
) -> list[Picture]:
    """One picture per currency; none where nothing can be shown truly."""
    hint = report.chart
    value = _value(report)
    if value is None:
        return []
    if hint:
        rows = [row for row in rows if all(str(row[name]) in some for name, some in hint.only.items())]
    by_currency: dict[str | None, list[dict[str, Any]]] = {}
    for row in rows:
        by_currency.setdefault(row.get("currency"), []).append(row)
    found = []
    for currency, some in list(by_currency.items())[:PICTURES]:
        over = _over(report)
        if over and len({row[over.name] for row in some}) > 1:
            picture = _lines(report, value, over, some, first, until, compare)
        else:
            picture = _bars(report, value, some, compare)
        if picture:
            title = (hint.title if hint else "") or value.label
            found.append(replace(picture, title=title, currency=currency, kind=kind_of(value, some[0])))
    return found


def _value(report: Report) -> Column | None:
    columns = {column.name: column for column in report.columns}
    if report.chart:
        return columns[report.chart.value]
    for kinds in (("minor",), ("count",), ("ratio", "number")):
        for column in report.columns:
            if column.type in kinds and column.metric:
                return column
    return next((column for column in report.columns if column.type in ("minor", "count", "ratio")), None)


def _over(report: Report) -> Column | None:
    """The dates that rows are for: a first column that is one."""
    first = report.columns[0]
    return first if first.type == "date" and report.dates == "range" else None


def _names(report: Report) -> list[str]:
    if report.chart and report.chart.by:
        return report.chart.by
    return [
        one.name
        for one in report.columns
        if one.type == "text" and one.name not in ("currency", "unit", "metric")
    ]


def _summed(column: Column) -> bool:
    return column.additive and column.type in ("minor", "count")


def _name(row: dict[str, Any], by: Iterable[str], named: str) -> str:
    shown = " · ".join(words(str(row[name])) for name in by if row[name] not in (None, ""))
    return named.format(shown) if shown else "No name"


def _grouped(
    report: Report, column: Column, rows: Rows, by: Sequence[str], over: str | None, value: str
) -> dict[Any, dict[str, float | None]] | None:
    """Date (or None) → name → value. None when values that cannot be added up would have to be."""
    found: dict[Any, dict[str, float | None]] = {}
    named = report.chart.named if report.chart else "{}"
    for row in rows:
        at = found.setdefault(row[over] if over else None, {})
        name, one = _name(row, by, named), row[value]
        if name not in at:
            at[name] = one
        elif not _summed(column):
            return None
        elif one is not None:
            at[name] = (at[name] or 0) + one
    return found


def _lines(
    report: Report,
    value: Column,
    over: Column,
    rows: Rows,
    first: dt.date,
    until: dt.date,
    compare: Sequence[Comparison],
) -> Picture | None:
    by = _names(report)
    if _summed(value) and not (report.chart and report.chart.by):
        by = by[:1]
    found = _grouped(report, value, rows, by, over.name, value.name)
    if found is None:
        return None
    dates = _dates(report, value, found, first, until)
    names: dict[str, float] = {}
    for at in found.values():
        for name, one in at.items():
            names[name] = names.get(name, 0) + abs(one or 0)
    chosen = set(sorted(names, key=lambda name: -names[name])[:LINES])
    largest = [name for name in names if name in chosen]
    empty = 0 if _summed(value) else None
    lines = [Series(name, tuple(found.get(day, {}).get(name, empty) for day in dates)) for name in largest]
    if len(names) == 1:
        for kind in compare:
            earlier = _grouped(report, value, rows, by, over.name, f"{value.name}_{kind}") or {}
            lines.append(
                Series(
                    TITLES[kind].capitalize(),
                    tuple(earlier.get(day, {}).get(largest[0], empty) for day in dates),
                )
            )
    return Picture(value.label, "", None, dates, tuple(lines), left_out=len(names) - len(largest))


def _dates(
    report: Report, value: Column, found: dict[Any, Any], first: dt.date, until: dt.date
) -> tuple[dt.date, ...]:
    """The dates of the rows; of what is added up every one between them too, for there nothing happened."""
    grain = report.grain or ("day" if report.columns[0].name == "business_date" else None)
    if grain is None or not _summed(value) or (grain == "day" and (until - first).days > DAYS_FILLED):
        return tuple(sorted(found))
    day = {"day": first, "week": first - first.weekday() * _ONE, "month": first.replace(day=1)}[grain]
    dates = []
    while day <= until:
        dates.append(day)
        day = (day + 31 * _ONE).replace(day=1) if grain == "month" else day + _STEPS[grain]
    return tuple(dates)


def _bars(report: Report, value: Column, rows: Rows, compare: Sequence[Comparison]) -> Picture | None:
    by = _names(report) or [report.columns[0].name]
    columns = [value.name, *(f"{value.name}_{kind}" for kind in compare)]
    found = [_grouped(report, value, rows, by, None, name) for name in columns]
    if not rows or found[0] is None:
        return None
    parts = [(one or {}).get(None, {}) for one in found]
    named = parts[0]
    shown = [name for name in named if any(part.get(name) for part in parts)]
    if not shown:
        return None
    largest = shown
    if len(shown) > BARS:
        chosen = set(sorted(shown, key=lambda name: -abs(named[name] or 0))[:BARS])
        largest = [name for name in shown if name in chosen]
    return Picture(
        value.label,
        "",
        None,
        bars=tuple(Bar(name, tuple(part.get(name) for part in parts)) for name in largest),
        against=("Now", *(TITLES[kind].capitalize() for kind in compare)),
        left_out=len(shown) - len(largest),
    )
