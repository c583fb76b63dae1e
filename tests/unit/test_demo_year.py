"""What the demonstration says of its simulated months: worked out right, nothing when it does not tie out."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import pytest

from data_quality.results import Result
from medspa.kernel.ids import new_id
from medspa.local.demo.year import NotTiedOut, curve, require_tied_out, whole_month
from medspa.local.simulate import Simulated
from pipelines.run import RunResult

ORG = new_id()


def result(*, passed: bool) -> Result:
    return Result("bridge L1", ORG, None, None, "", 100, 100 if passed else 101, passed)


def lives(org_id: Any = ORG) -> list[Simulated]:
    return [cast(Simulated, SimpleNamespace(organization=SimpleNamespace(org_id=org_id)))]


def test_a_cent_of_difference_ends_the_demonstration() -> None:
    require_tied_out(RunResult(1, None, (), 0, checks=[result(passed=True)]), lives())
    differing = RunResult(1, None, (), 0, checks=[result(passed=True), result(passed=False)])
    with pytest.raises(NotTiedOut) as ended:
        require_tied_out(differing, lives())
    assert "bridge L1 (1)" in ended.value.detail


def test_nothing_compared_is_not_tied_out() -> None:
    with pytest.raises(NotTiedOut):
        require_tied_out(RunResult(1, None, (), 0, checks=[result(passed=True)]), lives(new_id()))


def test_the_month_shown_is_whole_where_there_is_one() -> None:
    first = dt.date(2025, 10, 1)
    assert whole_month(first, dt.date(2026, 11, 21)) == (dt.date(2026, 10, 1), dt.date(2026, 11, 1))
    assert whole_month(first, dt.date(2026, 10, 31)) == (dt.date(2026, 10, 1), dt.date(2026, 11, 1))
    assert whole_month(first, dt.date(2025, 10, 9)) == (first, dt.date(2025, 10, 10))


def test_the_curve_leaves_months_out_that_are_not_over() -> None:
    rows = [
        {"age": "0", "clients": 4, "active": 4},
        {"age": "1", "clients": 4, "active": 1},
        {"age": "0", "clients": 2, "active": 2},
        {"age": "1", "clients": 2, "active": None},
    ]
    assert curve(rows) == [(0, 6, 6), (1, 4, 1)]
