"""The pages: every report with its form, picture and table; the checks; the glossary.

They answer from the same reading as the API's endpoints, recorded the same way. What a page says of an error
is problems.py's.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request, Response

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import Permission
from medspa.ui.values import day
from reporting_api import glossary
from reporting_api.catalog import Column, Group, Report, metrics, report_named, reports
from reporting_api.compare import TITLES
from reporting_api.errors import DatesReversed
from reporting_api.measures import shaped, shown
from reporting_api.pages.cells import Cell, ago, cell, moment
from reporting_api.pages.chart import pictures
from reporting_api.pages.drawing import draw
from reporting_api.pages.page import page
from reporting_api.pages.quality import quality
from reporting_api.pages.question import PAGE, Question, ask, offered, presets
from reporting_api.ports import Viewer
from reporting_api.queries import Answer, Choices, choices
from reporting_api.reading import asked_for, read, totals_of, viewer_of

router = APIRouter(prefix="/reports", include_in_schema=False)
Defined = list[tuple[str, str, dict[str, Any] | None]]
"""What columns are called, what is said of them, and the metric that says it."""
FOR_PROGRAMS = frozenset({"currency", "unit", "metric"})
"""Columns whose content a page shows in another way: $ beside the amount, % after the share."""
QUALITY = "data_quality"
"""The name under which reading the checks is recorded."""


@router.get("")
def show_index(request: Request) -> Response:
    viewer = viewer_of(request)
    readable = [one for one in reports().values() if viewer.may(one.permission)]
    groups = {group: [one for one in readable if one.group == group] for group in get_args(Group)}
    return page("index.html", viewer, groups={name: some for name, some in groups.items() if some})


@router.get("/glossary")
def show_glossary(request: Request) -> Response:
    return page("glossary.html", viewer_of(request), **glossary.shown())


@router.get("/data-quality")
def show_quality(request: Request, run: Annotated[int | None, Query(ge=1, le=2**62)] = None) -> Response:
    viewer = viewer_of(request)
    allowed = viewer.locations_with(Permission.REPORT_FINANCE)
    found = quality(request.app.state.engine, viewer.org_id, allowed, run)
    request.app.state.access_log.report_read(viewer, QUALITY, {}, len(found.suites) + len(found.tieouts))
    return page("quality.html", viewer, found=found, moment=moment, ago=_ago, day=day)


@router.get("/{name}")
def show_report(request: Request, name: str) -> Response:
    viewer = viewer_of(request)
    report = report_named(name)
    allowed = viewer.locations_with(report.permission)
    offer = choices(request.app.state.engine, viewer.org_id, allowed)
    question = ask(report, offer, request.query_params)
    if question.wrong:
        return _form(viewer, question, offer, 422)
    try:
        shape = shaped(report, question.group_by or None, question.grain)
        asked = asked_for(
            shape, **question.bounds, locations=tuple(question.locations), compare=tuple(question.compare)
        )
        shape, answer, _ = read(request, viewer, shape, asked, allowed, "page", question.group_by)
    except DatesReversed as error:
        question.wrong["until"] = error.title
        return _form(viewer, question, offer, error.status)
    except DomainError as error:
        question.wrong[""] = f"{error.title}. {error.detail}"
        return _form(viewer, question, offer, error.status)
    drawn = [draw(one) for one in pictures(shape, answer.rows, asked.first, asked.until, asked.compare)]
    return _form(viewer, question, offer, 200, result=_result(question, shape, answer), drawings=drawn)


def _form(
    viewer: Viewer,
    question: Question,
    offer: Choices,
    status: int,
    result: dict[str, Any] | None = None,
    drawings: list[Any] | None = None,
) -> Response:
    report = question.report
    chosen = question.group_by or (report.measures.default if report.measures else [])
    return page(
        "report.html",
        viewer,
        status,
        report=report,
        question=question,
        offer=offer,
        form=offered(report),
        grouped={shown(one) for one in chosen},
        comparisons=TITLES,
        presets=presets(question, offer.newest),
        definitions=_definitions(report),
        result=result,
        drawings=drawings or [],
    )


def _result(question: Question, report: Report, answer: Answer) -> dict[str, Any]:
    """One page of rows as cells, the totals of all of them, and how far the data can be trusted."""
    rows = answer.rows[question.start : question.start + PAGE]
    after = question.start + PAGE
    columns = _shown(report.columns)
    return {
        "columns": columns,
        "rows": [[cell(column, row) for column in columns] for row in rows],
        "totals": _totals(report, answer),
        "certified": answer.certified,
        "provisional": answer.provisional,
        "data_as_of": answer.data_as_of,
        "moment": moment(answer.data_as_of),
        "ago": _ago(answer.data_as_of),
        "count": len(answer.rows),
        "first": question.start + 1,
        "last": question.start + len(rows),
        "before": question.address(max(0, question.start - PAGE)) if question.start else "",
        "after": question.address(after) if after < len(answer.rows) else "",
        "locations": list(answer.locations.values()),
    }


def _totals(report: Report, answer: Answer) -> tuple[list[Column], list[list[Cell]]]:
    """The API's totals as cells."""
    rows = totals_of(report, answer)
    columns = [one for one in _shown(report.columns) if rows and one.name in rows[0]]
    return columns, [[cell(column, row) for column in columns] for row in rows]


def _definitions(report: Report) -> tuple[Defined, list[str]]:
    """What is declared of columns, once for all that share it; the labels of those that say it themselves."""
    known = metrics()
    if report.rollup:
        return [(known[name]["label"], known[name]["description"], known[name]) for name in report.rollup], []
    by_text: dict[tuple[str, str], list[str]] = {}
    plain = []
    for column in _shown(report.columns):
        metric = known.get(column.metric or "")
        text = metric["description"] if metric else column.description
        if text:
            by_text.setdefault((text, metric["name"] if metric else ""), []).append(column.label)
        else:
            plain.append(column.label)
    return [(", ".join(names), text, known.get(metric)) for (text, metric), names in by_text.items()], plain


def _shown(columns: list[Column]) -> list[Column]:
    return [one for one in columns if one.name not in FOR_PROGRAMS]


def _ago(at: dt.datetime) -> str:
    return ago(at, clock.now())
