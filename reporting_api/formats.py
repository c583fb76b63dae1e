"""A report's rows as JSON values, CSV and Parquet. What the rows are is the query's business."""

from __future__ import annotations

import csv
import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reporting_api.catalog import Column, Report
from reporting_api.paged import amounts

_ARROW = {
    "uuid": pa.string(),
    "text": pa.string(),
    "date": pa.date32(),
    "minor": pa.int64(),
    "count": pa.int64(),
    "days": pa.int64(),
    "flag": pa.bool_(),
    "ratio": pa.float64(),
    "number": pa.float64(),
}
FRACTIONS = ("ratio", "number")
Rows = list[dict[str, Any]]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(report: Report, row: dict[str, Any]) -> dict[str, Any]:
    """One row as JSON values; a token becomes a link into the operational record."""
    shown: dict[str, Any] = {}
    for column in report.columns:
        value = row[column.name]
        shown[column.name] = as_plain(column, value)
        if column.drill and value is not None:
            shown[f"{column.name}_link"] = f"/v1/drill-down/{column.drill}/{value}"
    return shown


def as_plain(column: Column, value: Any) -> Any:
    """One value as JSON has it."""
    if column.type in FRACTIONS:
        return _rounded(value)
    return str(value) if column.type in ("uuid", "date") and value is not None else value


def as_csv(report: Report, rows: list[dict[str, Any]]) -> bytes:
    """UTF-8 with a header of column names; text that could be taken for a formula is quoted."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.name for column in report.columns])
    for row in rows:
        writer.writerow([_cell(column, row[column.name]) for column in report.columns])
    return out.getvalue().encode()


def _cell(column: Column, value: Any) -> Any:
    if value is None:
        return ""
    if column.type == "text" and str(value).startswith(_FORMULA):
        return "'" + str(value)
    return _rounded(value) if column.type in FRACTIONS else value


def _rounded(value: Any) -> Any:
    """Six decimals; a whole figure without any."""
    if value is None:
        return None
    whole = round(float(value), 6)
    return int(whole) if whole.is_integer() else whole


def as_parquet(report: Report, rows: list[dict[str, Any]]) -> bytes:
    """One row group with the report's name, version and column definitions in the schema."""
    schema = pa.schema(
        [
            pa.field(column.name, _ARROW[column.type], metadata={"label": column.label})
            for column in report.columns
        ],
        metadata={"report": report.name, "version": str(report.version)},
    )
    columns = [
        pa.array(
            [_plain(column, row[column.name]) for row in rows],
            type=_ARROW[column.type],
        )
        for column in report.columns
    ]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), out, compression="zstd")
    return out.getvalue()


def _plain(column: Column, value: Any) -> Any:
    if column.type in FRACTIONS:
        return None if value is None else round(float(value), 6)
    return str(value) if column.type == "uuid" and value is not None else value


def totals(report: Report, rows: Rows) -> Rows:
    """Amounts and counts summed per `totals_by`, in first-seen order; none where a report has no totals."""
    if not report.totals_by:
        return []
    names = amounts(report)
    alike: dict[tuple[Any, ...], Rows] = {}
    for row in rows:
        alike.setdefault(tuple([row[name] for name in report.totals_by]), []).append(row)
    return [
        dict(zip(report.totals_by, map(_text, key), strict=True))
        | {name: sum([row[name] or 0 for row in some]) for name in names}
        for key, some in alike.items()
    ]


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, int | bool) else str(value)
