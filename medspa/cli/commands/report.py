"""`medspa report NAME`: a report from published marts, as a table, JSON, CSV or Parquet."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import Annotated

import typer

from medspa.cli.options import AsOf, OptionalOrg
from medspa.cli.output import emit_json, note, records

Day = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First business date of a range.")
]
To = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="First business date not included.")
]
Format = Annotated[
    str, typer.Option("--format", help="table, json, csv or parquet (bytes on standard output).")
]


def command(
    name: str,
    org: OptionalOrg = "",
    as_of: AsOf = None,
    first: Day = None,
    to: To = None,
    fmt: Format = "table",
) -> None:
    """Show a report; `medspa report list` names them. The reading is audited."""
    from medspa.kernel import clock
    from medspa.kernel.database import make_engine
    from medspa.kernel.errors import Invalid
    from medspa.kernel.money import format_minor
    from medspa.kernel.settings import load_settings
    from medspa.local.operator import actor, organization
    from medspa.local.reporting import AuditedReports
    from reporting_api.catalog import report_named, reports
    from reporting_api.formats import as_csv, as_json, as_parquet
    from reporting_api.ports import Viewer
    from reporting_api.queries import Asked, run

    if name == "list":
        records(
            "", [{"report": one.name, "dates": one.dates, "title": one.title} for one in reports().values()]
        )
        return
    report = report_named(name)
    if fmt not in ("table", "json", "csv", "parquet"):
        raise Invalid("--format is one of table, json, csv, parquet.")
    settings = load_settings()
    operational = make_engine(settings.operational_dsn("app"))
    org_id = organization(operational, org)
    today = (as_of or clock.now()).date()
    asked = Asked(first.date() if first else today, (to - timedelta(days=1)).date() if to else today, ())
    answer = run(make_engine(settings.warehouse_dsn("reporting")), report, org_id, asked, None)
    who = actor(org_id, "report")
    viewer = Viewer(org_id, who.kind, who.id, who.permissions)
    AuditedReports(operational).report_read(viewer, report.name, {}, len(answer.rows))
    if fmt == "csv":
        sys.stdout.buffer.write(as_csv(report, answer.rows))
    elif fmt == "parquet":
        sys.stdout.buffer.write(as_parquet(report, answer.rows))
    elif fmt == "json":
        emit_json([as_json(report, row) for row in answer.rows])
    else:
        money = {column.name for column in report.columns if column.type == "minor"}
        records(
            report.title,
            [
                {
                    column.label: format_minor(row[column.name], row["currency"])
                    if column.name in money
                    else row[column.name]
                    for column in report.columns
                    if column.name != "currency"
                }
                for row in answer.rows
            ],
        )
        state = "certified" if answer.certified else "live"
        note(
            f"{state}{', provisional' if answer.provisional else ''}, data as of {answer.data_as_of:%Y-%m-%d %H:%M %Z}"
        )
