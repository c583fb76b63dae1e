"""Arithmetic of invoice lines: worked examples and what must hold for every amount."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspa.kernel.errors import Invalid
from medspa.kernel.money import round_cash
from operational.checkout.cardnumbers import holds_card_number, passes_luhn, refuse_card_numbers
from operational.checkout.errors import CardNumberRefused
from operational.checkout.pricing import (
    Rate,
    discount_of,
    price,
    split_remaining,
    tax_of,
    tax_to_credit,
)

STATE, COUNTY, CITY = (uuid.UUID(int=number) for number in (1, 2, 3))
NEW_YORK = [Rate(STATE, 40_000), Rate(COUNTY, 3_750), Rate(CITY, 45_000)]
"""4 % + 0.375 % + 4.5 % = 8.875 %."""


@pytest.mark.parametrize(
    ("net", "total", "parts"),
    [
        (10_000, 888, [400, 38, 450]),  # 887.5 rounds up; 400, 37.5, 450: the half goes to the county
        (1, 0, [0, 0, 0]),
        (6, 1, [0, 0, 1]),  # 0.5325 → 1, to the largest remainder
        (100_000, 8_875, [4_000, 375, 4_500]),
        (0, 0, [0, 0, 0]),
    ],
)
def test_eight_and_seven_eighths_percent_is_exact(net: int, total: int, parts: list[int]) -> None:
    taxes = tax_of(net, NEW_YORK)
    assert sum(part.tax_minor for part in taxes) == total
    assert [part.tax_minor for part in taxes] == parts


def test_a_rate_of_nothing_leaves_no_row() -> None:
    assert tax_of(10_000, [Rate(STATE, 0)]) == ()


def test_units_times_price() -> None:
    assert price(42_500, 1_400, []).list_minor == 59_500
    assert price(333, 1_000, []).net_minor == 333
    assert price(1_000, 999, NEW_YORK, discount_minor=999).tax_minor == 0


def test_a_discount_is_an_amount_or_a_share() -> None:
    assert discount_of(1_999, percent_ppm=500_000) == 1_000
    assert discount_of(2_000, amount_minor=2_000) == 2_000
    with pytest.raises(Invalid):
        discount_of(2_000, amount_minor=2_001)


@pytest.mark.parametrize(
    ("exact", "step", "paid"), [(1_002, 5, 1_000), (1_003, 5, 1_005), (998, 10, 1_000), (1_234, 1, 1_234)]
)
def test_cash_rounds_to_the_nearest_coin(exact: int, step: int, paid: int) -> None:
    assert round_cash(exact, step) == paid


Rates = st.lists(st.integers(0, 200_000), min_size=1, max_size=4).map(
    lambda ppms: [Rate(uuid.UUID(int=place), ppm) for place, ppm in enumerate(ppms, start=1)]
)


@given(net=st.integers(0, 10_000_000), rates=Rates)
def test_tax_is_the_combined_rate_and_nothing_else(net: int, rates: list[Rate]) -> None:
    taxes = tax_of(net, rates)
    total = sum(part.tax_minor for part in taxes)
    combined = net * sum(rate.rate_ppm for rate in rates)
    assert abs(total * 1_000_000 - combined) * 2 <= 1_000_000
    for part in taxes:
        assert abs(part.tax_minor - net * part.rate_ppm / 1_000_000) <= 1.5


@given(
    net=st.integers(1, 1_000_000),
    rates=Rates,
    shares=st.lists(st.floats(0, 1, allow_nan=False), max_size=8),
)
def test_credits_in_any_parts_return_a_line_exactly(net: int, rates: list[Rate], shares: list[float]) -> None:
    taxes = tax_of(net, rates)
    line_tax = sum(part.tax_minor for part in taxes)
    left = {part.jurisdiction_id: part.tax_minor for part in taxes}
    credited_net = credited_tax = 0
    for share in [*shares, 1.0]:
        now = net - credited_net if share == 1.0 else int((net - credited_net) * share)
        tax = tax_to_credit(net, line_tax, credited_net, credited_tax, now)
        parts = split_remaining(tax, left)
        assert tax >= 0
        assert sum(parts.values()) == tax
        for jurisdiction, part in parts.items():
            assert 0 <= part <= left[jurisdiction]
            left[jurisdiction] -= part
        credited_net += now
        credited_tax += tax
        if credited_net == net:
            break
    assert (credited_net, credited_tax) == (net, line_tax)
    assert not any(left.values())


def luhn(digits: str) -> str:
    """The digits with their check digit."""
    return next(digits + str(last) for last in range(10) if passes_luhn(digits + str(last)))


@given(st.text("0123456789", min_size=12, max_size=18).map(luhn), st.sampled_from(["", " ", "-"]))
def test_card_numbers_are_recognised_however_they_are_typed(digits: str, blank: str) -> None:
    typed = blank.join(digits[at : at + 4] for at in range(0, len(digits), 4))
    assert holds_card_number(f"card {typed}, thanks")
    with pytest.raises(CardNumberRefused) as refused:
        refuse_card_numbers({"note": ["x", {"inner": typed}]})
    assert digits not in str(refused.value) + refused.value.detail


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424243",  # fails the check digit
        "424242424242",  # twelve digits
        "tok_1A2b3C4d5E6f7G8h",
        "01912345-1234-7123-8123-123456789012",
        "2026-11-05T10:15:00",
        "+12025550123",
    ],
)
def test_what_is_no_card_number_passes(text: str) -> None:
    refuse_card_numbers({"value": text, "amount": 123_456_789})
    assert not holds_card_number(text)
    assert not any(holds_card_number(str(uuid.UUID(int=number << 60 | 7))) for number in range(2_000))


def test_a_card_number_sent_as_a_number_is_refused() -> None:
    with pytest.raises(CardNumberRefused):
        refuse_card_numbers({"amount_minor": 4_242_424_242_424_242})
