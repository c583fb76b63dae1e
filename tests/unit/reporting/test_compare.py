"""Periods that reports are compared with, and numbers set beside earlier ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from reporting_api.catalog import report_named
from reporting_api.compare import aligned, beside, period, widened
from reporting_api.errors import DimensionUnknown, NotMeasured
from reporting_api.measures import shaped

D = dt.date


@pytest.mark.parametrize(
    ("kind", "asked", "expected"),
    [
        ("previous", (D(2026, 3, 10), D(2026, 3, 12)), (D(2026, 3, 7), D(2026, 3, 9))),
        ("previous", (D(2026, 2, 1), D(2026, 2, 28)), (D(2026, 1, 1), D(2026, 1, 31))),
        ("previous", (D(2026, 1, 1), D(2026, 3, 31)), (D(2025, 10, 1), D(2025, 12, 31))),
        ("previous", (D(2026, 3, 1), D(2026, 3, 1)), (D(2026, 2, 28), D(2026, 2, 28))),
        ("last_year", (D(2025, 2, 1), D(2025, 2, 28)), (D(2024, 2, 1), D(2024, 2, 29))),
        ("last_year", (D(2024, 2, 29), D(2024, 2, 29)), (D(2023, 2, 28), D(2023, 2, 28))),
        ("last_year", (D(2026, 3, 10), D(2026, 4, 2)), (D(2025, 3, 10), D(2025, 4, 2))),
    ],
)
def test_what_a_period_is_compared_with(kind: Any, asked: tuple[D, D], expected: tuple[D, D]) -> None:
    assert period(kind, *asked) == expected


def row(location: str, amount: int, share: float | None, **more: Any) -> dict[str, Any]:
    report = shaped(report_named("revenue"), ["location"], more.get("grain"))
    empty = {column.name: 0 for column in report.columns}
    found = {**empty, "location": location, "gross_billed_minor": amount, "discount_share": share}
    return {**found, "currency": "USD", **{k: v for k, v in more.items() if k != "grain"}}


def test_rows_stand_beside_their_own_earlier_ones() -> None:
    report = shaped(report_named("revenue"), ["location"])
    now = [row("A", 150, 0.1), row("B", 70, None)]
    rows = beside(report, now, {"previous": [row("A", 100, 0.2), row("C", 30, 0.5)], "last_year": []})
    names = {column.name for column in widened(report, ("previous", "last_year")).columns}
    assert all(set(one) == names for one in rows)
    shown = [
        (one["location"], one["gross_billed_minor"], one["gross_billed_minor_previous"],
         one["gross_billed_minor_previous_change"], one["discount_share_previous_change"],
         one["gross_billed_minor_last_year"], one["gross_billed_minor_last_year_change"])
        for one in rows
    ]  # fmt: skip
    assert shown == [("A", 150, 100, 0.5, -0.5, 0, None), ("B", 70, 0, None, None, 0, None),
                     ("C", 0, 30, -1.0, None, 0, None)]  # fmt: skip


@pytest.mark.parametrize(
    ("grain", "day", "first", "onto", "expected"),
    [
        ("day", D(2026, 2, 3), D(2026, 2, 1), D(2026, 3, 1), D(2026, 3, 3)),
        ("month", D(2025, 12, 1), D(2025, 10, 1), D(2026, 1, 1), D(2026, 3, 1)),
        ("week", D(2025, 3, 10), D(2025, 3, 5), D(2026, 3, 4), D(2026, 3, 9)),
    ],
)
def test_periods_of_an_earlier_range_find_their_place(
    grain: Any, day: D, first: D, onto: D, expected: D
) -> None:
    report = shaped(report_named("revenue"), ["location"], grain)
    (moved,) = aligned(report, [{"period": day}], first, onto)
    assert moved["period"] == expected


def test_what_a_figure_is_not_split_by_is_said() -> None:
    with pytest.raises(DimensionUnknown) as caught:
        shaped(report_named("collected"), ["service"])
    assert "tender" in caught.value.detail
    with pytest.raises(NotMeasured):
        shaped(report_named("ar_aging"), ["location"])


def test_totals_are_per_currency_and_ratios_are_left_out() -> None:
    report = shaped(report_named("revenue"), ["kind", "location_id"], "week")
    assert [one.name for one in report.columns][:3] == ["period", "kind", "location"]
    assert report.totals_by == ["currency"]
    assert "date_trunc('week', business_date)" in report.sql
