"""A report's numbers beside those of the previous period and of the same period last year.

Periods are pairs of first and last business date, both included. What is read is the query's business.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from reporting_api.catalog import NUMBERS, Column, Report

Comparison = Literal["previous", "last_year"]
Rows = list[dict[str, Any]]
TITLES: dict[Comparison, str] = {"previous": "previous period", "last_year": "same period last year"}
_ONE = dt.timedelta(days=1)


def period(kind: Comparison, first: dt.date, until: dt.date) -> tuple[dt.date, dt.date]:
    """The period to compare with. Whole months are compared with whole months, other ranges by length."""
    whole = first.day == 1 and (until + _ONE).day == 1
    if kind == "last_year":
        return _months_before(first, 12), _end(until, 12) if whole else _months_before(until, 12)
    if whole:
        months = (until.year - first.year) * 12 + until.month - first.month + 1
        return _months_before(first, months), _end(until, months)
    return first - (until - first) - _ONE, first - _ONE


def _months_before(day: dt.date, months: int) -> dt.date:
    """The same day of that month, or its last one (29 February → 28 February)."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _end(day: dt.date, months: int) -> dt.date:
    moved = _months_before(day.replace(day=1), months)
    return moved.replace(day=calendar.monthrange(moved.year, moved.month)[1])


def widened(report: Report, comparisons: Sequence[Comparison]) -> Report:
    """The report with the columns that the comparisons add."""
    columns: list[Column] = []
    for column in report.columns:
        columns.append(column)
        if column.type not in NUMBERS:
            continue
        for kind in comparisons:
            columns.append(
                column.model_copy(
                    update={"name": f"{column.name}_{kind}", "label": f"{column.label}, {TITLES[kind]}"}
                )
            )
            columns.append(
                Column(
                    name=f"{column.name}_{kind}_change",
                    type="ratio",
                    label=f"{column.label}, change against the {TITLES[kind]}",
                    description="(value − earlier value) ÷ |earlier value|; empty without an earlier value",
                )
            )
    return report.model_copy(update={"columns": columns})


def beside(report: Report, rows: Rows, earlier: Mapping[Comparison, Rows]) -> Rows:
    """Rows with the earlier numbers in them; what only an earlier period has comes last.

    Rows belong together when everything but their numbers is equal; `aligned` moved their periods before.
    """
    numbers = [column for column in report.columns if column.type in NUMBERS]
    key = _key(report)
    found = {kind: {key(row): row for row in some} for kind, some in earlier.items()}
    here = {key(row) for row in rows}
    missing: dict[tuple[Any, ...], dict[str, Any]] = {}
    for some in found.values():
        for known, row in some.items():
            if known not in here and known not in missing:
                empty = {column.name: 0 if _summed(column) else None for column in numbers}
                missing[known] = {**row, **empty}
    answer = []
    for row in [*rows, *missing.values()]:
        wide = dict(row)
        for kind, some in found.items():
            old = some.get(key(row), {})
            for column in numbers:
                before = old.get(column.name, 0 if _summed(column) else None)
                wide[f"{column.name}_{kind}"] = before
                wide[f"{column.name}_{kind}_change"] = _change(row[column.name], before)
        answer.append(wide)
    return answer


def _summed(column: Column) -> bool:
    """Whether no row means nothing happened: amounts and counts are then 0, ratios stay empty."""
    return column.type in ("minor", "count")


def _change(now: Any, before: Any) -> float | None:
    if now is None or not before:
        return None
    return round((float(now) - float(before)) / abs(float(before)), 6)


def _key(report: Report) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    names = [column.name for column in report.columns if column.type not in NUMBERS]
    return lambda row: tuple(row[name] for name in names)


def aligned(report: Report, rows: Rows, first: dt.date, onto: dt.date) -> Rows:
    """Rows of a range that began at `first`, their `period` moved to where a range from `onto` has it."""
    if report.grain is None:
        return rows
    return [{**row, "period": _placed(report.grain, row["period"], first, onto)} for row in rows]


def _placed(grain: str, day: dt.date, first: dt.date, onto: dt.date) -> dt.date:
    if grain == "month":
        return _months_before(onto.replace(day=1), (first.year - day.year) * 12 + first.month - day.month)
    if grain == "week":
        monday = first - dt.timedelta(days=first.weekday())
        return onto - dt.timedelta(days=onto.weekday()) + (day - monday)
    return onto + (day - first)
