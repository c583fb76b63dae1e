"""Money arithmetic: exact rates, halves away from zero, parts that always sum to the whole."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspa.kernel import money

AMOUNTS = st.integers(min_value=-(10**12), max_value=10**12)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("amount", "rate_ppm", "tax"),
    [
        (10_000, 88_750, 888),  # 8.875 % of 100.00 is 8.875, rounded half up
        (3_897, 88_750, 346),
        (100, 88_750, 9),
        (40, 12_500, 1),  # exactly half a cent goes up
        (-40, 12_500, -1),
        (0, 88_750, 0),
    ],
)
def test_a_rate_in_parts_per_million_is_exact(amount: int, rate_ppm: int, tax: int) -> None:
    assert money.at_rate(amount, rate_ppm) == tax


@given(AMOUNTS, st.integers(min_value=0, max_value=money.PPM))
def test_rates_agree_with_decimal_arithmetic(amount: int, rate_ppm: int) -> None:
    exact = Decimal(amount) * rate_ppm / money.PPM
    assert money.at_rate(amount, rate_ppm) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@given(AMOUNTS, WEIGHTS)
def test_the_parts_of_a_split_sum_to_the_whole(total: int, weights: list[int]) -> None:
    parts = money.split(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)


@given(AMOUNTS, WEIGHTS.filter(any))
def test_no_part_is_a_unit_or_more_away_from_its_share(total: int, weights: list[int]) -> None:
    whole = sum(weights)
    for part, weight in zip(money.split(total, weights), weights, strict=True):
        assert abs(part * whole - total * weight) < whole


def test_ties_of_a_split_go_to_the_earlier_part() -> None:
    assert money.split(100, [1, 1, 1]) == [34, 33, 33]
    assert money.split(-100, [1, 1, 1]) == [-34, -33, -33]


def test_weights_that_are_all_zero_put_everything_on_the_first_part() -> None:
    assert money.split(7, [0, 0]) == [7, 0]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_impossible_weights_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        money.split(1, weights)


@pytest.mark.parametrize(
    ("amount", "step", "rounded"),
    [
        (21_253, 5, 21_255),
        (21_252, 5, 21_250),
        (21_254, 5, 21_255),
        (21_253, 1, 21_253),
        (-21_253, 5, -21_255),
    ],
)
def test_cash_is_rounded_to_the_smallest_coin(amount: int, step: int, rounded: int) -> None:
    assert money.round_cash(amount, step) == rounded


@pytest.mark.parametrize(
    ("quantity_milli", "price", "extended"), [(40_000, 1_400, 56_000), (500, 75_001, 37_501), (333, 100, 33)]
)
def test_a_quantity_in_thousandths_times_a_price(quantity_milli: int, price: int, extended: int) -> None:
    assert money.extend(quantity_milli, price) == extended


def test_amounts_read_like_money() -> None:
    assert money.format_minor(-5, "USD") == "-0.05 USD"
    assert money.format_minor(123_456, "EUR") == "1234.56 EUR"
