"""From a question to recorded rows: the one way that JSON, files, pages and commands take.

Who asks and where readings are kept are ports. What the rows look like is decided by who asked for them.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from fastapi import Request
from sqlalchemy import Engine

from medspa.kernel.errors import Invalid
from reporting_api.catalog import Report
from reporting_api.compare import Comparison, widened
from reporting_api.errors import DatesReversed, NotMeasured
from reporting_api.formats import totals
from reporting_api.ports import AccessLog, Viewer
from reporting_api.queries import Answer, Asked, run


def viewer_of(request: Request) -> Viewer:
    viewer: Viewer = request.app.state.authorizer.viewer(request)
    return viewer


def read(
    request: Request,
    viewer: Viewer,
    report: Report,
    asked: Asked,
    allowed: frozenset[uuid.UUID] | None,
    form: str,
    group_by: list[str],
) -> tuple[Report, Answer, dict[str, Any]]:
    """As `recorded`, with the app's own store and log."""
    state = request.app.state
    return recorded(state.engine, state.access_log, viewer, report, asked, allowed, form, group_by)


def recorded(
    engine: Engine,
    log: AccessLog,
    viewer: Viewer,
    report: Report,
    asked: Asked,
    allowed: frozenset[uuid.UUID] | None,
    form: str,
    group_by: list[str],
) -> tuple[Report, Answer, dict[str, Any]]:
    """Run and record a report that was put into its shape: with its compared columns, rows, parameters."""
    answer = run(engine, report, viewer.org_id, asked, allowed)
    report = widened(report, asked.compare)
    parameters = {
        "from": asked.first.isoformat(),
        "until": asked.until.isoformat(),
        "locations": [str(one) for one in answer.locations],
        "format": form,
        **_form(report.grain, group_by, asked.compare),
    }
    log.report_read(viewer, report.name, parameters, answer.count)
    return report, answer, parameters


def totals_of(report: Report, answer: Answer) -> list[dict[str, Any]]:
    """Of all rows of an answer in the report's shape; files have none and sum nothing."""
    return totals(report, answer.rows) if answer.totals is None else answer.totals


def asked_for(
    report: Report,
    as_of: dt.date | None,
    day: dt.date | None,
    first: dt.date | None,
    to: dt.date | None,
    locations: tuple[uuid.UUID, ...],
    compare: tuple[Comparison, ...] = (),
) -> Asked:
    if compare and not (report.compare or report.measures or report.rollup):
        raise NotMeasured(f"{report.name} has nothing to compare: leave `compare` out.")
    compare = tuple(dict.fromkeys(compare))
    if report.dates == "range":
        if first is None or to is None:
            raise Invalid("Give `from` (included) and `to` (not included).", {"field": "from, to"})
        if to <= first:
            raise DatesReversed("Give a `from` that is before `to`.")
        return Asked(first, to - dt.timedelta(days=1), locations, compare)
    single = as_of if report.dates == "as_of" else day
    if single is None:
        raise Invalid(f"Give `{report.dates}`.", {"field": report.dates})
    return Asked(single, single, locations, compare)


def _form(grain: str | None, group_by: list[str] | None, compare: tuple[str, ...]) -> dict[str, Any]:
    asked = {"grain": grain, "group_by": group_by, "compare": list(compare)}
    return {name: value for name, value in asked.items() if value}
