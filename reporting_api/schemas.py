"""What the reporting endpoints answer."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text, "content": {"application/problem+json": {}}}
    for status, text in (
        (401, "Nobody is signed in"),
        (403, "The permission is missing"),
        (404, "No such report, location or data"),
        (422, "A parameter is not acceptable"),
        (503, "The warehouse did not answer"),
    )
}


class ColumnShown(BaseModel):
    """A column with the definition of the metric it shows."""

    name: str
    type: str
    label: str
    description: str
    metric: dict[str, Any] | None = None


class ReportShown(BaseModel):
    """A report's definition, as shown beside its numbers."""

    name: str
    title: str
    description: str
    version: int
    permission: str
    dates: Literal["as_of", "day", "range"]
    columns: list[ColumnShown]


class ReportList(BaseModel):
    items: list[ReportShown]
    next_cursor: str | None = None


class DataState(BaseModel):
    """How far the data behind an answer can be trusted."""

    state: Literal["live", "certified"] = Field(
        description="live: the batch's invariants passed; certified: full suites and tie-outs passed"
    )
    provisional: bool = Field(description="true while a business day up to the last date is open")
    data_as_of: dt.datetime


class ReportAnswer(BaseModel):
    """One page of a report. Money in minor units of the row's currency."""

    definition: ReportShown
    parameters: dict[str, Any]
    data: DataState
    totals: list[dict[str, Any]]
    items: list[dict[str, Any]]
    next_cursor: str | None = None


class MetricShown(BaseModel):
    """A metric's one declaration. `expression` is over the rows of `mart`."""

    name: str
    label: str
    description: str
    formula: str
    unit: str
    grain: str
    dimensions: list[str]
    version: int
    mart: str
    area: str
    expression: str
    as_of: str | None = None
    date: str | None = None
    """The column that a range is of, where it is not the business date."""
    buckets: list[dict[str, Any]] | None = None


class MetricList(BaseModel):
    items: list[MetricShown]
    next_cursor: str | None = None
