"""The reports that exist: parameters, permission, columns, totals, SQL file. Loaded from reports/*.yaml.

A column's definition is the metric's declaration in the dbt project, so that a number has one
definition; nothing is defined twice here.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from medspa.kernel.vocabulary import Permission
from reporting_api.errors import ReportUnknown

ColumnType = Literal["uuid", "text", "date", "minor", "count", "days", "flag", "ratio", "number"]
NUMBERS = ("minor", "count", "days", "ratio", "number")
Grain = Literal["day", "week", "month"]
Group = Literal[
    "Owner", "Close", "Revenue", "Balances", "Clients", "Operations", "Treatments", "Memberships",
    "Marketing", "Compliance",
]  # fmt: skip
"""Where a report is found among the others, in this order."""
DBT_MARTS = Path(__file__).resolve().parent.parent / "dbt_project" / "models" / "marts"


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(Closed):
    """One column of a report. `metric` names the declaration it shows; `drill` what its token opens."""

    name: str
    type: ColumnType
    label: str
    description: str = ""
    metric: str | None = None
    drill: Literal["invoice", "payment", "appointment"] | None = None
    additive: bool = True
    """Whether totals may add it up."""


class Measures(Closed):
    """What a measured report shows: metrics of one mart, grouped as asked. Its SQL is made in measures.py."""

    mart: str
    metrics: list[str]
    group_by: list[str]
    """Dimensions that may be asked for; each is declared by every metric."""
    default: list[str] = []
    date: str = "business_date"


class Chart(Closed):
    """What a report's picture shows where its first amount, over its dates or names, is not what to see."""

    value: str
    title: str = ""
    """What is shown, where the column's label does not say it."""
    by: list[str] = []
    """Columns that name a bar or a line; empty: every column of text."""
    named: str = "{}"
    """How its name reads there, where it is a bare number."""
    only: dict[str, list[str]] = {}
    """Rows that are shown: column → values."""


class Report(Closed):
    """A report: `range` asks for from and to (half-open), `as_of` and `day` for one date.

    Its rows come from reports/<name>.sql, from `measures`, or from the metrics of a `rollup`.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]+$")
    title: str
    group: Group
    description: str
    version: int = Field(ge=1)
    permission: Permission
    dates: Literal["as_of", "day", "range"]
    columns: list[Column] = []
    totals_by: list[str] = []
    """Columns that totals are grouped by; amounts are summed."""
    measures: Measures | None = None
    rollup: list[str] = []
    compare: bool = False
    """Whether numbers may be shown beside those of earlier periods."""
    chart: Chart | None = None
    statement: str | None = None
    grain: Grain | None = None

    @property
    def sql(self) -> str:
        if self.statement is not None:
            return self.statement
        return resources.files("reporting_api").joinpath("reports", f"{self.name}.sql").read_text()


@cache
def reports() -> dict[str, Report]:
    """Name → report, each in the form it has when nothing else is asked for."""
    from reporting_api.measures import shaped

    found = {}
    for path in sorted(resources.files("reporting_api").joinpath("reports").iterdir(), key=lambda p: p.name):
        if path.name.endswith(".yaml"):
            report = shaped(Report.model_validate(yaml.safe_load(path.read_text())))
            found[report.name] = report
    return found


def report_named(name: str) -> Report:
    """Raises ReportUnknown."""
    try:
        return reports()[name]
    except KeyError:
        raise ReportUnknown(f"Known reports: {', '.join(reports())}.") from None


@cache
def columns_of(mart: str, folder: Path = DBT_MARTS) -> frozenset[str]:
    """The columns of a mart, by its contract."""
    for path in sorted(folder.rglob("*.yml")):
        for model in (yaml.safe_load(path.read_text()) or {}).get("models", []):
            if model["name"] == mart:
                return frozenset(column["name"] for column in model["columns"])
    raise KeyError(mart)


@cache
def metrics(folder: Path = DBT_MARTS) -> dict[str, dict[str, Any]]:
    """Metric name → its one declaration (name, label, description, formula, grain, unit, version, mart)."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.rglob("*.yml")):
        for model in (yaml.safe_load(path.read_text()) or {}).get("models", []):
            for metric in model.get("config", {}).get("meta", {}).get("metrics", []):
                found[metric["name"]] = {**metric, "mart": model["name"], "area": path.parent.name}
    return found
