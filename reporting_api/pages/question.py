"""What a page's form asks for, from its address: dates, locations, periods, splits, comparisons.

Without dates a report is shown for the newest there are. What is wrong is said beside its field.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast, get_args
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from reporting_api.catalog import Grain, Report, metrics
from reporting_api.compare import Comparison
from reporting_api.measures import shown
from reporting_api.queries import Choices

ONE = dt.timedelta(days=1)
DAYS = 30
"""Days of a range that nobody chose."""
PAGE = 100
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATES = {"range": ("from", "until"), "as_of": ("as_of",), "day": ("day",)}


@dataclass
class Question:
    """One report's form, filled in. `wrong`: field → what to correct."""

    report: Report
    typed: dict[str, str] = field(default_factory=dict)
    dates: dict[str, dt.date] = field(default_factory=dict)
    locations: list[uuid.UUID] = field(default_factory=list)
    grain: Grain | None = None
    group_by: list[str] = field(default_factory=list)
    compare: list[Comparison] = field(default_factory=list)
    start: int = 0
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def date_fields(self) -> tuple[str, ...]:
        return _DATES[self.report.dates]

    @property
    def bounds(self) -> dict[str, dt.date | None]:
        """The dates as the API takes them, the last day of a range made the first one after it."""
        until = self.dates.get("until")
        return {
            "as_of": self.dates.get("as_of"),
            "day": self.dates.get("day"),
            "first": self.dates.get("from"),
            "to": until + ONE if until else None,
        }

    def address(self, start: int = 0, dates: Mapping[str, dt.date] | None = None) -> str:
        """The page of this question, from row `start`, or of the same question for other dates."""
        asked = {**self.typed, **{name: str(value) for name, value in (dates or {}).items()}}
        pairs = [(name, asked[name]) for name in self.date_fields if asked.get(name)]
        more = [("start", str(start))] if start else []
        return f"/reports/{self.report.name}?{urlencode(pairs + self._rest() + more)}"

    def file(self, form: str) -> str:
        """The API's address of the same question as a file."""
        bounds = {"first": "from"}
        pairs = [(bounds.get(name, name), str(one)) for name, one in self.bounds.items() if one]
        return f"/v1/reports/{self.report.name}?{urlencode([*pairs, *self._rest(), ('format', form)])}"

    def _rest(self) -> list[tuple[str, str]]:
        return [
            *(("location_id", str(one)) for one in self.locations),
            *([("grain", self.grain)] if self.grain else []),
            *(("group_by", one) for one in self.group_by),
            *(("compare", one) for one in self.compare),
        ]


def ask(report: Report, choices: Choices, sent: QueryParams) -> Question:
    question = Question(report)
    _take_dates(question, choices.newest, sent)
    for text in sent.getlist("location_id"):
        try:
            question.locations.append(uuid.UUID(text))
        except ValueError:
            question.wrong["location_id"] = "Choose among the locations shown."
    grain = sent.get("grain") or None
    if grain is not None and grain not in get_args(Grain):
        question.wrong["grain"] = "Choose day, week or month."
    else:
        question.grain = cast("Grain | None", grain)
    question.group_by = sent.getlist("group_by")
    for text in sent.getlist("compare"):
        if text in get_args(Comparison):
            question.compare.append(cast("Comparison", text))
        else:
            question.wrong["compare"] = "Choose among the earlier periods shown."
    start = sent.get("start", "0")
    question.start = int(start) if re.fullmatch(r"\d{1,9}", start, re.ASCII) else 0
    return question


def _take_dates(question: Question, newest: dt.date, sent: QueryParams) -> None:
    if not any(sent.get(name) for name in question.date_fields):
        question.dates = dict.fromkeys(question.date_fields, newest)
        if "from" in question.dates:
            question.dates["from"] = newest - (DAYS - 1) * ONE
        question.typed = {name: str(one) for name, one in question.dates.items()}
        return
    for name in question.date_fields:
        text = question.typed[name] = sent.get(name, "")[:20]
        try:
            found = dt.date.fromisoformat(text) if _ISO.fullmatch(text) else None
        except ValueError:
            found = None
        if found is None or found == dt.date.max:
            question.wrong[name] = "Enter a date, like 2026-03-31." if text else "Enter a date."
        else:
            question.dates[name] = found
    if question.report.dates == "range" and not question.wrong:
        first, until = question.dates["from"], question.dates["until"]
        if until < first:
            question.wrong["until"] = f"The last day is before the first one, {first}. Change one of them."


def presets(question: Question, newest: dt.date) -> list[tuple[str, str]]:
    """(words, address) of the ranges that are asked for most."""
    if question.report.dates != "range":
        return []
    month = newest.replace(day=1)
    before = month - ONE
    ranges = {
        "This month": (month, newest),
        "Last month": (before.replace(day=1), before),
        "Last 30 days": (newest - 29 * ONE, newest),
        "Last 12 months": (_year_before(month), newest),
    }
    return [
        (words, question.address(dates={"from": first, "until": until}))
        for words, (first, until) in ranges.items()
    ]


def _year_before(month: dt.date) -> dt.date:
    """The first day of the month eleven months before: twelve with this one."""
    return month.replace(year=month.year - (month.month < 12), month=month.month % 12 + 1)


@dataclass(frozen=True, slots=True)
class Offered:
    """What of the form this report has."""

    grains: Sequence[str]
    group_by: Sequence[tuple[str, str]]
    compare: bool


def offered(report: Report) -> Offered:
    declared: list[dict[str, Any]] = [
        metrics()[one] for one in (report.measures.metrics if report.measures else [])
    ]
    return Offered(
        grains=get_args(Grain) if declared and not any(one.get("as_of") for one in declared) else (),
        group_by=[
            (shown(one), shown(one).replace("_", " ").capitalize())
            for one in (report.measures.group_by if report.measures else [])
        ],
        compare=bool(report.compare or report.measures or report.rollup),
    )
