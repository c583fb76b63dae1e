"""`medspa report NAME`: a report from published marts, as a table, JSON, CSV or Parquet."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from medspa.cli.options import AsOf, Json, Location, OptionalOrg
from medspa.cli.output import emit_json, note, records

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from medspa.kernel.settings import Settings
    from reporting_api.catalog import Report
    from reporting_api.queries import Answer, Asked


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
Format = Annotated[Form, typer.Option("--format", help="parquet writes bytes to standard output.")]


def command(
    name: str,
    org: OptionalOrg = "",
    location: Location = "",
    as_of: AsOf = None,
    first: Day = None,
    to: To = None,
    fmt: Format = Form.TABLE,
    json: Json = False,
) -> None:
    """Show a report; `medspa report list` names them. The reading is audited."""
    from medspa.kernel.settings import load_settings
    from reporting_api.catalog import report_named, reports

    if name == "list":
        listed = [{"report": one.name, "dates": one.dates, "title": one.title} for one in reports().values()]
        if json:
            emit_json(listed)
        else:
            records("", listed)
        return
    report = report_named(name)
    answer = _read(load_settings(), report, org, location, _dates(report, as_of, first, to))
    _write(report, answer, Form.JSON if json else fmt)


def _dates(
    report: Report, as_of: datetime | None, first: datetime | None, to: datetime | None
) -> Callable[[Callable[[], date]], Asked]:
    """Way to the business date of now → what is asked for: without dates, that one."""
    from reporting_api.errors import DatesReversed
    from reporting_api.queries import Asked

    if report.dates == "range" and as_of is not None:
        raise typer.BadParameter(f"{report.name} takes --from and --to.", param_hint="--as-of")
    if report.dates != "range" and (first is not None or to is not None):
        raise typer.BadParameter(f"{report.name} takes --as-of.", param_hint="--from, --to")
    given = as_of or first

    def asked(today: Callable[[], date]) -> Asked:
        start = given.date() if given else today()
        if to is None:
            return Asked(start, start, ())
        if to.date() <= start:
            raise DatesReversed("Give a --from that is before --to.")
        return Asked(start, to.date() - timedelta(days=1), ())

    return asked


def _read(
    settings: Settings, report: Report, org: str, location: str, dates: Callable[[Callable[[], date]], Asked]
) -> Answer:
    """The rows, once their reading is in the audit."""
    from dataclasses import replace

    from medspa.kernel.database import make_engine
    from medspa.local.operator import actor, organization, places, today
    from medspa.local.reporting import AuditedReports
    from reporting_api.ports import Viewer
    from reporting_api.queries import run

    operational = make_engine(settings.operational_dsn("app"))
    warehouse = make_engine(settings.warehouse_dsn("reporting"))
    try:
        org_id = organization(operational, org)
        chosen = tuple(one.id for one in places(operational, org_id, location)) if location else ()
        asked = replace(dates(lambda: today(operational, org_id, location)), locations=chosen)
        answer = run(warehouse, report, org_id, asked, None)
        who = actor(org_id, "report")
        viewer = Viewer(org_id, who.kind, who.id, who.permissions)
        AuditedReports(operational).report_read(viewer, report.name, {}, len(answer.rows))
        return answer
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
