"""Runs a report as the reporting role, bound to one organization, in one read-only snapshot."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from reporting_api.catalog import Report
from reporting_api.compare import Comparison, aligned, beside, period
from reporting_api.errors import DatesReversed, LocationUnknown, NoData
from reporting_api.paged import Page, opened, statement

# What a range costs is known from its dates only: a plan for any range looked each row up in a year of them.
_BIND = text(
    "select set_config('medspa.org_id', :org, true), set_config('plan_cache_mode', 'force_custom_plan', true)"
)
_STATE = text(
    "select live_batch_id, certified_batch_id, data_as_of from marts.publication_state where org_id = :org"
)
_LOCATIONS = text("select location_id, name from marts.dim_location where org_id = :org")
_NEWEST_DATE = text(
    "select max(business_date) from marts.fct_business_day where org_id = :org"
    " and location_id = any(:locations) and business_date <= :today"
)
_OPEN_DAYS = text(
    "select count(*) from marts.fct_business_day where org_id = :org and status = 'open'"
    " and business_date <= :until and location_id = any(:locations)"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked for. `until` is the last date included."""

    first: dt.date
    until: dt.date
    locations: tuple[uuid.UUID, ...]
    """Empty: every location the reader may see."""
    compare: tuple[Comparison, ...] = ()
    page: Page | None = None
    """Of a report that is compared with nothing; none: every row."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A report's rows in its column order, or a page of them, with the state of the data they come from."""

    rows: list[dict[str, Any]]
    count: int
    """Of all rows."""
    totals: list[dict[str, Any]] | None
    """Of all rows, where only a page of them is here; none: they can be summed (reading.totals_of)."""
    certified: bool
    data_as_of: dt.datetime
    provisional: bool
    """True while a business day up to `until` is open at one of the locations."""
    locations: dict[uuid.UUID, str]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a reader of reports can ask for."""

    locations: dict[uuid.UUID, str]
    newest: dt.date
    """The newest business date there is any of, or the date of the data."""


def choices(engine: Engine, org_id: uuid.UUID, allowed: Collection[uuid.UUID] | None) -> Choices:
    """Raises NoData before the first publication."""
    with engine.connect() as connection, connection.begin():
        state = bind(connection, org_id)
        locations = _visible(connection, org_id, (), allowed)
        today = state.data_as_of.date()
        newest = connection.execute(
            _bound(_NEWEST_DATE.text), {"org": org_id, "locations": list(locations), "today": today}
        ).scalar_one()
    return Choices(dict(sorted(locations.items(), key=lambda one: one[1])), newest or today)


def bind(connection: Connection, org_id: uuid.UUID) -> Any:
    """Show the connection's transaction one organization, as one snapshot: its publication state."""
    connection.execute(text("set transaction isolation level repeatable read, read only"))
    connection.execute(_BIND, {"org": str(org_id)})
    state = connection.execute(_STATE, {"org": org_id}).one_or_none()
    if state is None:
        raise NoData("Run the pipeline, then ask again.")
    return state


def run(
    engine: Engine, report: Report, org_id: uuid.UUID, asked: Asked, allowed: Collection[uuid.UUID] | None
) -> Answer:
    """Rows of one report. `allowed`: locations the reader may see (None: all).

    Raises DatesReversed, LocationUnknown (also for another organization's location) and NoData.
    """
    if asked.until < asked.first:
        raise DatesReversed("Give a `from` that is before `to`.")
    with engine.connect() as connection, connection.begin():
        state = bind(connection, org_id)
        locations = _visible(connection, org_id, asked.locations, allowed)
        bound = {"org": org_id, "locations": list(locations)}
        summed: list[dict[str, Any]] | None
        if asked.page is not None and not asked.compare:
            rows, count, summed = _page(connection, report, bound, asked, asked.page)
        else:
            rows = _rows(connection, report, bound, (asked.first, asked.until))
            if asked.compare:
                rows = beside(report, rows, _earlier(connection, report, bound, asked))
            count, summed = len(rows), None
        open_days = connection.execute(
            _bound(_OPEN_DAYS.text), {"org": org_id, "until": asked.until, "locations": list(locations)}
        ).scalar_one()
    return Answer(
        rows=rows,
        count=count,
        totals=summed,
        certified=state.live_batch_id == state.certified_batch_id,
        data_as_of=state.data_as_of,
        provisional=open_days > 0,
        locations=locations,
    )


def _rows(
    connection: Connection, report: Report, bound: dict[str, Any], dates: tuple[dt.date, dt.date]
) -> list[dict[str, Any]]:
    found = connection.execute(_bound(report.sql), {**bound, "first": dates[0], "until": dates[1]})
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found.all()]


def _page(
    connection: Connection, report: Report, bound: dict[str, Any], asked: Asked, page: Page
) -> tuple[list[dict[str, Any]], int, list[dict[str, Any]]]:
    found = connection.execute(
        _bound(statement(report)),
        {
            **bound, "first": asked.first, "until": asked.until,
            "page_start": page.start, "page_end": page.start + page.limit,
        },
    )  # fmt: skip
    return opened(report, tuple(found.keys()), list(found.all()))


def _earlier(
    connection: Connection, report: Report, bound: dict[str, Any], asked: Asked
) -> dict[Comparison, list[dict[str, Any]]]:
    """The same report over the periods it is compared with, in the same snapshot."""
    found = {}
    for kind in asked.compare:
        dates = period(kind, asked.first, asked.until)
        rows = _rows(connection, report, bound, dates)
        found[kind] = aligned(report, rows, dates[0], asked.first)
    return found


def _bound(sql: str) -> Any:
    return text(sql).bindparams(bindparam("locations", type_=ARRAY(Uuid)))


def _visible(
    connection: Connection,
    org_id: uuid.UUID,
    asked: tuple[uuid.UUID, ...],
    allowed: Collection[uuid.UUID] | None,
) -> dict[uuid.UUID, str]:
    known = {row.location_id: row.name for row in connection.execute(_LOCATIONS, {"org": org_id})}
    visible = {one: name for one, name in known.items() if allowed is None or one in allowed}
    missing = [one for one in asked if one not in visible]
    if missing:
        raise LocationUnknown("Ask for locations of your organization that your role covers.")
    return {one: name for one, name in visible.items() if not asked or one in asked}
