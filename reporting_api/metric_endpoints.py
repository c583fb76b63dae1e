"""REST endpoints of metrics: the declarations, one metric's values split as asked."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from medspa.kernel.vocabulary import Permission
from reporting_api.catalog import Grain, Measures, Report, columns_of, metrics
from reporting_api.compare import Comparison
from reporting_api.endpoints import answered
from reporting_api.errors import DimensionUnknown, MetricUnknown, NotMeasured
from reporting_api.measures import shaped, shown
from reporting_api.reading import asked_for, viewer_of
from reporting_api.schemas import PROBLEMS, MetricList, MetricShown, ReportAnswer

router = APIRouter(prefix="/v1/metrics", tags=["metrics"], responses=PROBLEMS)
_PERMISSION = {"money": Permission.REPORT_FINANCE}
"""By the area that a metric's mart belongs to; the others are operations'."""


def metric_named(name: str) -> dict[str, Any]:
    """Raises MetricUnknown."""
    try:
        return metrics()[name]
    except KeyError:
        raise MetricUnknown("See /v1/metrics for the metrics that exist.") from None


@router.get("", summary="Every metric with its one definition")
def list_metrics(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(pattern=r"^[a-z0-9_]{1,80}$")] = None,
) -> MetricList:
    viewer_of(request)
    names = [name for name in sorted(metrics()) if cursor is None or name > cursor]
    page = names[:limit]
    return MetricList(
        items=[MetricShown.model_validate(metrics()[name]) for name in page],
        next_cursor=page[-1] if len(names) > limit else None,
    )


@router.get("/{name}", summary="One metric's definition")
def read_metric(request: Request, name: str) -> MetricShown:
    viewer_of(request)
    return MetricShown.model_validate(metric_named(name))


@router.get("/{name}/values", summary="A metric's values, split as asked", response_model=ReportAnswer)
def read_values(
    request: Request,
    name: str,
    as_of: Annotated[
        dt.date | None, Query(description="For metrics of a date: the last one included")
    ] = None,
    first: Annotated[dt.date | None, Query(alias="from", description="First business date")] = None,
    to: Annotated[dt.date | None, Query(description="First business date that is not included")] = None,
    location_id: Annotated[list[uuid.UUID] | None, Query(description="Only these locations")] = None,
    grain: Annotated[Grain | None, Query(description="A row per period")] = None,
    by: Annotated[list[str] | None, Query(description="Split by these of its dimensions")] = None,
    compare: Annotated[list[Comparison] | None, Query(description="Earlier periods beside")] = None,
    format: Annotated[Literal["json", "csv", "parquet"], Query()] = "json",  # noqa: A002
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
    cursor: Annotated[str | None, Query(pattern=r"^\d{1,9}$")] = None,
) -> Any:
    viewer = viewer_of(request)
    report = report_of(metric_named(name), by or [])
    allowed = viewer.locations_with(report.permission)
    shape = shaped(report, by, grain)
    asked = asked_for(shape, as_of, None, first, to, tuple(location_id or ()), tuple(compare or ()))
    return answered(request, viewer, shape, asked, allowed, format, (int(cursor or 0), limit), by or [])


def report_of(metric: dict[str, Any], by: list[str]) -> Report:
    """The metric as a measured report of its own.

    Raises DimensionUnknown for what it is not split by, NotMeasured when only a report computes it.
    """
    columns = columns_of(metric["mart"])
    date = metric.get("date", "business_date")
    declared = [one for one in metric["dimensions"] if one not in (date, "period")]
    unknown = [one for one in by if shown(one) not in {shown(known) for known in declared}]
    if unknown:
        known = ", ".join(shown(one) for one in declared) or "nothing"
        raise DimensionUnknown(
            f"{metric['label']} is split by {known}.",
            {"metric": metric["name"], "dimension": unknown[0][:40]},
        )
    ready = [one for one in declared if one in columns]
    if not {"location_id", date} <= columns or any(shown(one) not in map(shown, ready) for one in by):
        raise NotMeasured(
            "This split is computed in a report: see /v1/reports for the one that shows it.",
            {"metric": metric["name"]},
        )
    return Report(
        name=f"metric_{metric['name']}",
        title=metric["label"],
        group="Owner",
        description=metric["description"],
        version=metric["version"],
        permission=_PERMISSION.get(metric["area"], Permission.REPORT_OPERATIONS),
        dates="as_of" if metric.get("as_of") else "range",
        measures=Measures(mart=metric["mart"], metrics=[metric["name"]], group_by=ready, date=date),
    )
