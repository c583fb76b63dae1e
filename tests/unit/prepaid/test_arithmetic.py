"""Prepaid value over any history: parts sum to the whole, to the cent."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from medspa.kernel.money import extend
from operational.prepaid.arithmetic import (
    MICRO,
    allocate,
    allowance,
    breakage_earned,
    earned,
    months_after,
    released,
)

MINOR = st.integers(0, 10_000_000)
UNITS = st.integers(1, 200)


@given(MINOR, st.lists(MINOR, min_size=1, max_size=8))
def test_an_allocation_sums_to_the_price_within_a_cent_of_each_share(price: int, worth: list[int]) -> None:
    parts = allocate(price, worth)
    assert sum(parts) == price
    if sum(worth):
        assert all(abs(part - price * one / sum(worth)) < 1 for part, one in zip(parts, worth, strict=True))


@given(MINOR, st.lists(UNITS, min_size=1, max_size=30), st.lists(st.integers(0, 29), max_size=10))
def test_uses_release_exactly_the_value_however_they_are_cut_and_given_back(
    value: int, takes: list[int], returns: list[int]
) -> None:
    """Each of `returns` gives a use back, which is then taken again at the end."""
    total = sum(takes)
    left = list(takes)
    taken: list[tuple[int, int]] = []
    while left or returns:
        if returns and len(taken) > returns[-1]:
            left.append(taken.pop(returns.pop())[0])
        elif not left:
            break
        quantity = left.pop(0)
        used, out = sum(one[0] for one in taken), sum(one[1] for one in taken)
        part = released(value, total, used, out, quantity)
        assert part >= 0
        taken.append((quantity, part))
        assert sum(one[1] for one in taken) <= value
    assert sum(one[0] for one in taken) == total
    assert sum(one[1] for one in taken) == value


def test_the_last_session_takes_the_remainder() -> None:
    sessions, gone = [], 0
    for used in range(3):
        sessions.append(released(200, 3_000, used * 1_000, gone, 1_000))
        gone += sessions[-1]
    assert sessions == [66, 66, 68]


@given(MINOR, st.integers(1, 400), st.lists(st.integers(0, 400), max_size=20))
def test_days_earn_exactly_the_dues_in_whatever_steps_they_are_closed(
    total: int, days: int, stops: list[int]
) -> None:
    steps = [0, *sorted(min(stop, days) for stop in stops), days]
    parts = [earned(total, now, days) - earned(total, before, days) for before, now in pairwise(steps)]
    assert sum(parts) == total
    assert all(part >= 0 for part in parts)


@given(st.lists(st.tuples(MINOR, st.integers(0, 500_000)), max_size=20), st.integers(0, 50_000_000))
def test_the_allowance_is_what_use_earned_and_never_above_what_is_unredeemed(
    uses: list[tuple[int, int]], unredeemed: int
) -> None:
    entitled = sum(breakage_earned(used, ppm) for used, ppm in uses)
    held = allowance(entitled, unredeemed)
    assert 0 <= held <= unredeemed
    exact = sum(used * ppm / (1_000_000 - ppm) for used, ppm in uses)
    assert held == unredeemed or abs(held - exact) <= 0.6
    assert entitled + sum(breakage_earned(-used, ppm) for used, ppm in uses) == 0


def test_breakage_of_the_worked_example() -> None:
    """Sold 1 000.00, 10 % expected, redeemed 450.00: 50.00 beside it, 500.00 in all."""
    entitled = breakage_earned(45_000, 100_000)
    assert entitled == 5_000 * MICRO
    assert 45_000 + allowance(entitled, 55_000) == 50_000


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 240))
def test_periods_begin_on_the_day_of_the_anchor_or_the_last_of_the_month(anchor: date, months: int) -> None:
    day = months_after(anchor, months)
    assert (day.year - anchor.year) * 12 + day.month - anchor.month == months
    assert day.day == anchor.day or (day.day < anchor.day and (day + timedelta(days=1)).day == 1)


def test_a_price_of_units_is_that_of_the_catalogue() -> None:
    assert allocate(100_000, [extend(100_000, 1_200), extend(2_000, 20_000)]) == [75_000, 25_000]
