"""`medspa report NAME`: a report from published marts, as a table, JSON, CSV or Parquet."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from medspa.cli.options import AsOf, Json, OptionalOrg
from medspa.cli.output import emit_json, note, records

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from uuid import UUID

    from medspa.kernel.settings import Settings
    from reporting_api.catalog import Report
    from reporting_api.compare import Comparison
    from reporting_api.queries import Answer, Asked


class GrainOf(StrEnum):
    """How long the period of a row is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Beside(StrEnum):
    """Which earlier period stands beside the one asked for."""

    PREVIOUS = "previous"
    LAST_YEAR = "last_year"


class Form(StrEnum):
    """What is written to standard output."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


Day = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First business date of a range.")
]
To = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="First business date not included.")
]
Locations = Annotated[
    list[str] | None,
    typer.Option("--location", help="Location: its id or its code; may be repeated; default: all."),
]
GrainOption = Annotated[GrainOf | None, typer.Option("--grain", help="Measured reports: a row per period.")]
GroupBy = Annotated[
    list[str] | None, typer.Option("--group-by", help="Measured reports: split by this; may be repeated.")
]
Compare = Annotated[
    list[Beside] | None, typer.Option("--compare", help="Earlier periods beside; may be repeated.")
]
Format = Annotated[Form, typer.Option("--format", help="parquet writes bytes to standard output.")]


def command(
    name: str,
    org: OptionalOrg = "",
    location: Locations = None,
    as_of: AsOf = None,
    first: Day = None,
    to: To = None,
    grain: GrainOption = None,
    group_by: GroupBy = None,
    compare: Compare = None,
    fmt: Format = Form.TABLE,
    json: Json = False,
) -> None:
    """Show a report; `medspa report list` names them. The reading is audited."""
    from medspa.kernel.settings import load_settings
    from reporting_api.catalog import report_named, reports
    from reporting_api.measures import shaped

    if name == "list":
        listed = [{"report": one.name, "dates": one.dates, "title": one.title} for one in reports().values()]
        if json:
            emit_json(listed)
        else:
            records("", listed)
        return
    report = shaped(report_named(name), group_by, grain.value if grain else None)
    form = Form.JSON if json else fmt
    beside: tuple[Comparison, ...] = tuple(one.value for one in compare or ())
    dates = _dates(report, as_of, first, to, beside)
    report, answer = _read(load_settings(), report, org, location or [], dates, form, group_by or [])
    _write(report, answer, form)


def _dates(
    report: Report,
    as_of: datetime | None,
    first: datetime | None,
    to: datetime | None,
    compare: tuple[Comparison, ...],
) -> Callable[[Callable[[], date], tuple[UUID, ...]], Asked]:
    """Way to the business date of now, and locations → what is asked for: without dates, that one."""
    from reporting_api.reading import asked_for

    if report.dates == "range" and as_of is not None:
        raise typer.BadParameter(f"{report.name} takes --from and --to.", param_hint="--as-of")
    if report.dates != "range" and (first is not None or to is not None):
        raise typer.BadParameter(f"{report.name} takes --as-of.", param_hint="--from, --to")
    given = as_of or first

    def asked(today: Callable[[], date], locations: tuple[UUID, ...]) -> Asked:
        start = given.date() if given else today()
        if report.dates != "range":
            return asked_for(report, start, start, None, None, locations, compare)
        try:
            until = to.date() if to else start + timedelta(days=1)
        except OverflowError:
            raise typer.BadParameter("There is no day after it.", param_hint="--from") from None
        return asked_for(report, None, None, start, until, locations, compare)

    return asked


def _read(
    settings: Settings,
    report: Report,
    org: str,
    named: list[str],
    dates: Callable[[Callable[[], date], tuple[UUID, ...]], Asked],
    form: Form,
    group_by: list[str],
) -> tuple[Report, Answer]:
    """The report as it came out and its rows, once their reading is in the audit."""
    from medspa.kernel.database import make_engine
    from medspa.local.operator import actor, organization, places, today
    from medspa.local.reporting import AuditedReports
    from reporting_api.ports import Viewer
    from reporting_api.reading import recorded

    operational = make_engine(settings.operational_dsn("app"))
    warehouse = make_engine(settings.warehouse_dsn("reporting"))
    try:
        org_id = organization(operational, org)
        chosen = [one for name in named for one in places(operational, org_id, name)]

        def newest() -> date:
            return max(one.business_date for one in chosen) if chosen else today(operational, org_id)

        asked = dates(newest, tuple(dict.fromkeys(one.id for one in chosen)))
        who = actor(org_id, "report")
        viewer = Viewer(org_id, who.kind, who.id, who.permissions)
        log = AuditedReports(operational)
        report, answer, _ = recorded(warehouse, log, viewer, report, asked, None, form.value, group_by)
        return report, answer
    finally:
        operational.dispose()
        warehouse.dispose()


def _write(report: Report, answer: Answer, form: Form) -> None:
    from medspa.kernel.money import format_minor
    from reporting_api.formats import as_csv, as_json, as_parquet

    if form is Form.CSV:
        sys.stdout.buffer.write(as_csv(report, answer.rows))
    elif form is Form.PARQUET:
        sys.stdout.buffer.write(as_parquet(report, answer.rows))
    elif form is Form.JSON:
        emit_json([as_json(report, row) for row in answer.rows])
    else:
        money = {column.name for column in report.columns if column.type == "minor"}
        shown = [column for column in report.columns if column.name != "currency"]
        rows = [
            {
                column.label: format_minor(row[column.name], row["currency"])
                if column.name in money and row[column.name] is not None
                else row[column.name]
                for column in shown
            }
            for row in answer.rows
        ]
        records(report.title, rows)
        state = "certified" if answer.certified else "live"
        provisional = ", provisional" if answer.provisional else ""
        note(f"{state}{provisional}, data as of {answer.data_as_of:%Y-%m-%d %H:%M %Z}")
