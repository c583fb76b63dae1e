"""REST endpoints of reporting: the catalogue, the metrics, one report in JSON, CSV or Parquet."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from reporting_api.catalog import Grain, Report, metrics, report_named, reports
from reporting_api.compare import Comparison
from reporting_api.formats import as_csv, as_json, as_parquet
from reporting_api.measures import shaped
from reporting_api.paged import Page
from reporting_api.ports import Viewer
from reporting_api.queries import Answer, Asked
from reporting_api.reading import asked_for, read, totals_of, viewer_of
from reporting_api.schemas import (
    PROBLEMS,
    ColumnShown,
    DataState,
    ReportAnswer,
    ReportList,
    ReportShown,
)

router = APIRouter(prefix="/v1/reports", tags=["reports"], responses=PROBLEMS)


def _definition(report: Report) -> ReportShown:
    known = metrics()
    return ReportShown(
        name=report.name,
        title=report.title,
        description=report.description,
        version=report.version,
        permission=report.permission.value,
        dates=report.dates,
        columns=[
            ColumnShown(
                name=column.name,
                type=column.type,
                label=column.label,
                description=column.description,
                metric=known.get(column.metric) if column.metric else None,
            )
            for column in report.columns
        ],
    )


@router.get("", summary="The reports that exist, with their definitions")
def list_reports(request: Request) -> ReportList:
    viewer_of(request)
    return ReportList(items=[_definition(report) for report in reports().values()])


@router.get("/{name}/definition", summary="What a report shows and how it is computed")
def definition(request: Request, name: str) -> ReportShown:
    viewer_of(request)
    return _definition(report_named(name))


@router.get(
    "/{name}",
    summary="A report",
    response_model=ReportAnswer,
    responses={
        200: {
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
            }
        }
    },
)
def read_report(
    request: Request,
    name: str,
    as_of: Annotated[
        dt.date | None, Query(description="For reports of a date: the last date included")
    ] = None,
    day: Annotated[dt.date | None, Query(description="For reports of one business date")] = None,
    first: Annotated[dt.date | None, Query(alias="from", description="First business date")] = None,
    to: Annotated[dt.date | None, Query(description="First business date that is not included")] = None,
    location_id: Annotated[list[uuid.UUID] | None, Query(description="Only these locations")] = None,
    grain: Annotated[Grain | None, Query(description="Measured reports: a row per period")] = None,
    group_by: Annotated[list[str] | None, Query(description="Measured reports: split by these")] = None,
    compare: Annotated[list[Comparison] | None, Query(description="Earlier periods beside")] = None,
    format: Annotated[Literal["json", "csv", "parquet"], Query()] = "json",  # noqa: A002
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
    cursor: Annotated[str | None, Query(pattern=r"^\d{1,9}$")] = None,
) -> Any:
    viewer = viewer_of(request)
    report = report_named(name)
    allowed = viewer.locations_with(report.permission)
    shape = shaped(report, group_by, grain)
    asked = asked_for(shape, as_of, day, first, to, tuple(location_id or ()), tuple(compare or ()))
    return answered(request, viewer, shape, asked, allowed, format, (int(cursor or 0), limit), group_by or [])


def answered(
    request: Request,
    viewer: Viewer,
    report: Report,
    asked: Asked,
    allowed: frozenset[uuid.UUID] | None,
    form: str,
    page: tuple[int, int],
    group_by: list[str],
) -> Any:
    """Read and write a report that was put into its shape. `page`: first row and how many."""
    start, limit = page
    if form == "json" and not asked.compare:
        asked = replace(asked, page=Page(start, limit))
    report, answer, parameters = read(request, viewer, report, asked, allowed, form, group_by)
    stem = f"{report.name}-{asked.until.isoformat()}"
    if form == "csv":
        return _file(as_csv(report, answer.rows), "text/csv; charset=utf-8", f"{stem}.csv", answer)
    if form == "parquet":
        return _file(
            as_parquet(report, answer.rows), "application/vnd.apache.parquet", f"{stem}.parquet", answer
        )
    return ReportAnswer(
        definition=_definition(report),
        parameters=parameters,
        data=_state(answer),
        totals=totals_of(report, answer),
        items=[
            as_json(report, row)
            for row in (answer.rows if asked.page else answer.rows[start : start + limit])
        ],
        next_cursor=str(start + limit) if start + limit < answer.count else None,
    )


def _state(answer: Answer) -> DataState:
    return DataState(
        state="certified" if answer.certified else "live",
        provisional=answer.provisional,
        data_as_of=answer.data_as_of,
    )


def _file(content: bytes, media_type: str, filename: str, answer: Answer) -> Response:
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{filename}"',
            "X-Data-State": "certified" if answer.certified else "live",
            "X-Data-Provisional": str(answer.provisional).lower(),
            "X-Data-As-Of": answer.data_as_of.isoformat(),
        },
    )
