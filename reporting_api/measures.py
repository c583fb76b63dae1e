"""Makes the SQL and columns of measured reports and rollups from the metrics' own expressions.

What a metric is stays in the dbt project. How rows stand beside those of an earlier period is compare.py's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reporting_api.catalog import Column, ColumnType, Grain, Measures, Report, metrics
from reporting_api.errors import DimensionUnknown, NotMeasured

ALL_LOCATIONS = "All locations"


@dataclass(frozen=True, slots=True)
class Named:
    """Where the name of a dimension's value is looked up."""

    relation: str
    key: str
    label: str


_STAFF = Named("dim_staff", "staff_id", "label")
NAMED = {
    "location_id": Named("dim_location", "location_id", "name"),
    "last_location_id": Named("dim_location", "location_id", "name"),
    "home_location_id": Named("dim_location", "location_id", "name"),
    "legal_entity_id": Named("dim_legal_entity", "legal_entity_id", "name"),
    "category_id": Named("dim_treatment_category", "category_id", "name"),
    "service_id": Named("dim_service", "service_id", "name"),
    "product_id": Named("dim_product", "product_id", "name"),
    "provider_id": _STAFF,
    "staff_id": _STAFF,
    "subject_id": Named("dim_bookable", "subject_id", "name"),
    "jurisdiction_id": Named("dim_tax_jurisdiction", "jurisdiction_id", "name"),
    "account": Named("dim_account", "account", "name"),
    "liability": Named("dim_account", "account", "name"),
}
_TYPES: dict[str, ColumnType] = {"minor": "minor", "count": "count", "ratio": "ratio", "days": "number"}


def shaped(report: Report, group_by: Sequence[str] | None = None, grain: Grain | None = None) -> Report:
    """The report with its columns and statement for one grouping.

    Raises DimensionUnknown for a grouping that its metrics do not have, NotMeasured where none can be asked.
    """
    if report.rollup:
        _unasked(report, group_by, grain)
        return report.model_copy(update={"statement": _rollup(report.rollup), "columns": _ROLLUP})
    if report.measures is None:
        _unasked(report, group_by, grain)
        return report
    chosen = [_dimension(report.measures, one) for one in group_by or report.measures.default]
    declared = [metrics()[name] for name in report.measures.metrics]
    if grain and any(one.get("as_of") or one.get("history") for one in declared):
        raise NotMeasured(f"{report.name} is of one date or range: leave `grain` out.")
    columns = [
        *([Column(name="period", type="date", label=f"First day of the {grain}")] if grain else []),
        *(
            Column(name=shown(one), type="text", label=shown(one).replace("_", " ").capitalize())
            for one in chosen
        ),
        *(_column(one) for one in declared),
        *([Column(name="currency", type="text", label="Currency")] if _money(declared) else []),
    ]
    return report.model_copy(
        update={
            "statement": statement(report.measures, declared, chosen, grain),
            "columns": columns,
            "totals_by": ["currency"] if _money(declared) else [],
            "grain": grain,
        }
    )


def shown(dimension: str) -> str:
    """The dimension as it is called in requests and columns."""
    return dimension.removesuffix("_id")


def _unasked(report: Report, group_by: Sequence[str] | None, grain: Grain | None) -> None:
    if group_by or grain:
        raise NotMeasured(f"{report.name} has one form: leave `grain` and `group_by` out.")


def _dimension(measures: Measures, asked: str) -> str:
    found = {shown(one): one for one in measures.group_by}.get(shown(asked))
    if found is None:
        known = ", ".join(shown(one) for one in measures.group_by)
        raise DimensionUnknown(f"Group by one of: {known}.", {"dimension": asked[:40]})
    return found


def _column(metric: dict[str, Any]) -> Column:
    kind = _TYPES[metric["unit"]]
    return Column(
        name=column_name(metric),
        type=kind,
        label=metric["label"],
        metric=metric["name"],
        additive=metric.get("additive", True),
    )


def column_name(metric: dict[str, Any]) -> str:
    name: str = metric["name"]
    return f"{name}_minor" if metric["unit"] == "minor" else name


def _money(declared: Sequence[dict[str, Any]]) -> bool:
    return any(one["unit"] == "minor" for one in declared)


def _rows(mart: str, metric: dict[str, Any], date: str) -> str:
    """The mart's rows of the range at the visible locations, each with its location's currency.

    A metric with a `history` compares the range with what was before it: it names :first and :until.
    """
    place = " join marts.dim_location place on place.org_id = :org and place.location_id = mart.location_id"
    when = f"mart.{date} between :first and :until"
    if metric.get("snapshot"):
        # The newest day of each location is looked up once, not for each of its days.
        place += (
            f" cross join lateral (select max(latest.{date}) as day from marts.{mart} latest"
            f" where latest.org_id = :org and latest.location_id = place.location_id"
            f" and latest.{date} <= :until) newest"
        )
        when = f"mart.{date} = newest.day"
    elif metric.get("as_of") or metric.get("history"):
        when = f"mart.{date} <= :until"
    return (
        f"select mart.*, place.currency as reporting_currency from marts.{mart} mart{place}"
        f" where mart.org_id = :org and mart.location_id = any(:locations) and {when}"
    )


def statement(
    measures: Measures, declared: Sequence[dict[str, Any]], chosen: Sequence[str], grain: Grain | None
) -> str:
    """One row per period and value of the dimensions that has any row in the range."""
    keys = [f"date_trunc('{grain}', {measures.date})::date as period"] if grain else []
    keys += [f"{one} as key_{place}" for place, one in enumerate(chosen)]
    keys += ["reporting_currency"]
    values = ", ".join(f"{_value(one)} as {column_name(one)}" for one in declared)
    grouped = ", ".join(str(place + 1) for place in range(len(keys)))
    names, joins, order = [], [], ["found.period"] if grain else []
    for place, one in enumerate(chosen):
        named = NAMED.get(one)
        if named is None:
            names.append(f"cast(found.key_{place} as text) as {shown(one)}")
            order.append(f"cast(found.key_{place} as text)")
        else:
            names.append(f"name_{place}.{named.label} as {shown(one)}")
            joins.append(
                f"left join marts.{named.relation} name_{place} on name_{place}.org_id = :org"
                f" and name_{place}.{named.key} = found.key_{place}"
            )
            order += [f"name_{place}.{named.label}", f"found.key_{place}"]
    shown_columns = [
        *(["found.period"] if grain else []),
        *names,
        *(f"found.{column_name(one)}" for one in declared),
        *(["found.reporting_currency as currency"] if _money(declared) else []),
    ]
    return "\n".join(
        [
            f"select {', '.join(shown_columns)} from (",
            f"  select {', '.join(keys)}, {values}",
            f"  from ({_rows(measures.mart, declared[0], measures.date)}) as rows_of_range",
            f"  group by {grouped}",
            ") as found",
            *joins,
            f"order by {', '.join([*order, 'found.reporting_currency'])}",
        ]
    )


def _value(metric: dict[str, Any]) -> str:
    kind = {"minor": "bigint", "count": "bigint"}.get(metric["unit"], "double precision")
    return f"cast({metric['expression']} as {kind})"


def _whole(metric: dict[str, Any]) -> str:
    """Money in whole minor units, though a mean has fractions of them."""
    expression: str = metric["expression"]
    return f"round(cast({expression} as numeric))" if metric["unit"] == "minor" else expression


_ROLLUP = [
    Column(name="scope", type="text", label="Scope", description="organization or location"),
    Column(name="location", type="text", label="Location"),
    Column(name="metric", type="text", label="Metric", description="Its declared name: see /v1/metrics"),
    Column(name="label", type="text", label="Figure"),
    Column(name="unit", type="text", label="Unit", description="minor: minor units of the currency"),
    Column(name="value", type="number", label="Value"),
    Column(name="currency", type="text", label="Currency"),
]


def _rollup(names: Sequence[str]) -> str:
    """Every metric for every location and for the organization, one below the other.

    Metrics over the same rows of a mart are taken from one reading of them.
    """
    over: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for place, name in enumerate(names):
        metric = metrics()[name]
        rows = _rows(metric["mart"], metric, metric.get("date", "business_date"))
        over.setdefault(rows, []).append((place, metric))
    parts = []
    for rows, some in over.items():
        values = ", ".join(
            f"cast({_whole(metric)} as double precision) as value_{place}" for place, metric in some
        )
        listed = ", ".join(
            f"({place}, '{metric['name']}', '{metric['label'].replace(chr(39), chr(39) * 2)}',"
            f" '{metric['unit']}', read.value_{place})"
            for place, metric in some
        )
        parts.append(
            "select figure.place, figure.metric, figure.label, figure.unit, read.whole, read.location_id,"
            " read.reporting_currency, figure.value from ("
            f"select grouping(location_id) as whole, location_id, reporting_currency, {values}"
            f" from ({rows}) as rows_of_range"
            " group by grouping sets ((reporting_currency, location_id), (reporting_currency))) as read"
            f" cross join lateral (values {listed}) as figure (place, metric, label, unit, value)"
        )
    union = "\nunion all\n".join(parts)
    return (
        "select case found.whole when 1 then 'organization' else 'location' end as scope,"
        f" coalesce(place.name, '{ALL_LOCATIONS}') as location, found.metric, found.label, found.unit,"
        f" found.value, found.reporting_currency as currency from (\n{union}\n) as found"
        " left join marts.dim_location place on place.org_id = :org and place.location_id = found.location_id"
        " order by found.whole desc, place.name, found.place, found.reporting_currency"
    )
