"""Cash basis: receipts spread over what was billed, to the cent, in any number of payments."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.cash_basis import LEDGER_SCHEMA, on_cash_basis, share
from exports.journal import summarise

DAY = dt.date(2026, 3, 2)
ACCOUNTS = {
    code: (f"Account {code}", kind)
    for code, kind in (
        ("1000", "asset"), ("1020", "asset"), ("1100", "asset"), ("2100", "liability"), ("2200", "liability"),
        ("2310", "liability"), ("2400", "liability"), ("2500", "liability"), ("4000", "revenue"),
        ("4010", "revenue"), ("4020", "revenue"),
        ("4801", "revenue"), ("4810", "revenue"), ("6005", "expense"), ("6020", "expense"),
    )
}  # fmt: skip
Entry = list[tuple[str, int, str | None, str | None]]
"""(account, amount, invoice, line) of each posting."""


def ledger(*entries: tuple[dt.date, Entry]) -> pa.Table:
    rows: list[dict[str, Any]] = []
    for number, (day, entry) in enumerate(entries):
        assert sum(amount for _, amount, _, _ in entry) == 0
        rows += [
            {
                "business_date": day, "location_code": "NORTH", "account": account,
                "account_name": ACCOUNTS[account][0], "account_kind": ACCOUNTS[account][1],
                "amount_minor": amount, "currency": "USD", "document": f"{number:032x}",
                "entry": f"{number:06d}", "invoice": invoice, "invoice_line": line,
            }
            for account, amount, invoice, line in entry
        ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=LEDGER_SCHEMA)


def booked(table: pa.Table, *days: dt.date) -> dict[str, int]:
    lines = summarise(on_cash_basis(table, {("NORTH", day) for day in days or (DAY,)}, ACCOUNTS))
    found: dict[str, int] = {}
    for line in lines:
        found[line.account] = found.get(line.account, 0) + line.amount_minor
    return {account: amount for account, amount in found.items() if amount}


# 100.00 of service less 10.00, 50.00 of retail with 4.44 tax: 144.44 are due.
BILLED: Entry = [
    ("1100", 14_444, "a", None),
    ("4000", -10_000, None, "a1"),
    ("4801", 1_000, None, "a1"),
    ("4010", -5_000, None, "a2"),
    ("2400", -444, None, "a2"),
]


def paid(amount: int, invoice: str = "a") -> Entry:
    return [("1020", amount, None, None), ("1100", -amount, invoice, None)]


def test_billing_alone_posts_nothing() -> None:
    assert booked(ledger((DAY, BILLED))) == {}


def test_a_payment_in_full_is_what_was_billed_net_of_discounts() -> None:
    found = booked(ledger((DAY, BILLED), (DAY, paid(14_444))))
    assert found == {"1020": 14_444, "4000": -9_000, "4010": -5_000, "2400": -444}


def test_half_a_payment_is_spread_by_largest_remainder() -> None:
    # 9 000, 5 000 and 444 of 14 444, for 7 221: 4 499.38, 2 499.65 and 221.97; the two cents left go to the
    # largest remainders.
    found = booked(ledger((DAY, BILLED), (DAY, paid(7_221))))
    assert found == {"1020": 7_221, "4000": -4_499, "4010": -2_500, "2400": -222}


def test_what_earlier_days_received_is_not_received_again() -> None:
    later = DAY + dt.timedelta(days=9)
    table = ledger((DAY, BILLED), (DAY, paid(7_221)), (later, paid(7_223)))
    assert booked(table, later) == {"1020": 7_223, "4000": -4_501, "4010": -2_500, "2400": -222}
    assert booked(table, DAY, later) == {"1020": 14_444, "4000": -9_000, "4010": -5_000, "2400": -444}


def test_a_deposit_is_income_when_it_is_paid_and_its_invoices_lines_when_it_is_used() -> None:
    taken: Entry = [("1020", 5_000, None, None), ("2100", -5_000, None, None)]
    used: Entry = [("2100", 5_000, None, None), ("1100", -5_000, "a", None)]
    later = DAY + dt.timedelta(days=1)
    table = ledger((DAY, taken), (later, BILLED), (later, used), (later, paid(9_444)))
    assert booked(table) == {"1020": 5_000, "4000": -5_000}
    assert booked(table, later) == {"1020": 9_444, "4000": -4_000, "4010": -5_000, "2400": -444}
    assert booked(table, DAY, later) == {"1020": 14_444, "4000": -9_000, "4010": -5_000, "2400": -444}


def test_dues_captured_as_a_deposit_are_dues_and_their_tax() -> None:
    taken: Entry = [("1020", 21_775, None, None), ("2100", -21_775, None, None)]
    dues: Entry = [
        ("1100", 21_775, "m", None), ("2310", -20_000, None, "m1"), ("2400", -1_775, None, "m1"),
    ]  # fmt: skip
    used: Entry = [("2100", 21_775, None, None), ("1100", -21_775, "m", None)]
    found = booked(ledger((DAY, taken), (DAY, dues), (DAY, used)))
    assert found == {"1020": 21_775, "4020": -20_000, "2400": -1_775}


def test_a_gift_card_sold_is_income_and_used_its_invoices_lines() -> None:
    sold: Entry = [("1100", 10_000, "g", None), ("2200", -10_000, None, "g1")]
    used: Entry = [("2200", 10_000, None, None), ("1100", -10_000, "a", None)]
    table = ledger((DAY, sold), (DAY, paid(10_000, "g")), (DAY, BILLED), (DAY, used))
    found = booked(table)
    # A hundred of the 144.44 was paid with the card: its income belongs to the lines, 3.07 of it is tax.
    assert found == {"1020": 10_000, "4000": -6_231, "4010": -3_462, "2400": -307}


def test_tips_and_rounding_stay_what_they_are() -> None:
    cash: Entry = [
        ("1000", 14_945, None, None), ("6005", -1, None, None), ("1100", -14_444, "a", None),
        ("2500", -500, None, None),
    ]  # fmt: skip
    found = booked(ledger((DAY, BILLED), (DAY, cash)))
    assert (found["1000"], found["6005"], found["2500"]) == (14_945, -1, -500)
    assert found["4000"] + found["4010"] + found["2400"] == -14_444


def test_a_refund_takes_back_and_a_write_off_posts_nothing() -> None:
    memo: Entry = [("4810", 4_000, None, "a1"), ("1100", -4_000, "a", None)]
    payout: Entry = [("1100", 4_000, "a", None), ("1020", -4_000, None, None)]
    lost: Entry = [("6020", 500, None, None), ("1100", -500, "a", None)]
    table = ledger((DAY, BILLED), (DAY, paid(13_944)), (DAY, lost), (DAY, memo), (DAY, payout))
    found = booked(table)
    assert found["1020"] == 9_944
    assert "6020" not in found
    assert sum(found.values()) == 0


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(min_value=1, max_value=9_999), min_size=1, max_size=8))
def test_any_payments_that_settle_it_add_up_to_what_was_billed(weights: list[int]) -> None:
    due = 14_444
    parts = [one * due // sum(weights) for one in weights]
    parts[-1] += due - sum(parts)
    days = [DAY + dt.timedelta(days=number) for number in range(len(parts))]
    entries = [(day, paid(part)) for day, part in zip(days, parts, strict=True) if part]
    table = ledger((DAY, BILLED), *entries)
    together = booked(table, *days)
    assert together == {"1020": due, "4000": -9_000, "4010": -5_000, "2400": -444}
    alone: dict[str, int] = {}
    for day in days:
        for account, amount in booked(table, day).items():
            alone[account] = alone.get(account, 0) + amount
    assert alone == together


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(min_value=-9_999, max_value=99_999), min_size=1),
    st.integers(min_value=-(10**9), max_value=10**9),
)
def test_shares_add_up(cells: dict[str, int], amount: int) -> None:
    if sum(cells.values()) == 0:
        cells["a"] = cells.get("a", 0) + 1
    shares = share(cells, amount)
    assert sum(shares.values()) == amount
    total = sum(cells.values())
    assert all(abs(shares[one] * total - value * amount) < abs(total) for one, value in cells.items())
