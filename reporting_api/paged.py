"""A page of a report with the count and totals of all its rows, which stay in the database.

Without comparisons only: those set rows of several ranges beside each other (compare.py). What a total is of
rows that were read is formats.totals; both ways say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reporting_api.catalog import Report

Rows = list[dict[str, Any]]
_ROW, _COUNT, _TOTALS = "medspa_row", "medspa_count", "medspa_totals"


@dataclass(frozen=True, slots=True)
class Page:
    """`limit` rows after the first `start`."""

    start: int
    limit: int


def statement(report: Report) -> str:
    """One row for each row of the page, or one without a page; binds :page_start and :page_end besides."""
    return f"""
        with found as materialized (
            {report.sql}
        ),
        numbered as (select row_number() over () as {_ROW}, found.* from found)
        select whole.*, page.*
        from (select count(*) as {_COUNT}, ({_totals(report)}) as {_TOTALS} from found) as whole
        left join (
            select * from numbered where {_ROW} > :page_start and {_ROW} <= :page_end
        ) as page on true
        order by page.{_ROW}
    """  # noqa: S608 - every name is declared by us


def _totals(report: Report) -> str:
    """The totals as JSON, in the order in which their keys come first."""
    if not report.totals_by:
        return "select null::jsonb"
    keys = ", ".join(f'"{one}"' for one in report.totals_by)
    sums = [f'sum(coalesce("{one}", 0)) as "{one}"' for one in amounts(report)]
    summed = ", ".join([f"min({_ROW}) as {_ROW}", keys, *sums])
    return f"""
        select coalesce(jsonb_agg(to_jsonb(total) - '{_ROW}' order by total.{_ROW}), '[]'::jsonb)
        from (select {summed} from numbered group by {keys}) as total
    """  # noqa: S608 - every name is declared by us


def amounts(report: Report) -> list[str]:
    """The columns that add up over rows."""
    return [one.name for one in report.columns if one.type in ("minor", "count") and one.additive]


def opened(report: Report, names: tuple[str, ...], found: list[Any]) -> tuple[Rows, int, Rows]:
    """Rows of the page, how many there are in all, and their totals, of what the statement answered."""
    first = dict(zip(names, found[0], strict=True))
    order = [*report.totals_by, *amounts(report)]
    totals = [{name: one[name] for name in order} for one in first[_TOTALS] or ()]
    kept = [place for place, name in enumerate(names) if name not in (_ROW, _COUNT, _TOTALS)]
    rows = [{names[place]: row[place] for place in kept} for row in found if first[_ROW] is not None]
    return rows, first[_COUNT], totals
