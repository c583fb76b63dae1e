"""Accounting formats: balanced in, the same amounts out, accepted by the programs that read them."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.formats import FORMATS, UnknownFormat, format_named
from exports.formats.text import amount, cell, minor
from exports.journal import (
    DOCUMENT,
    POSTING_SCHEMA,
    JournalLine,
    JournalOutOfBalance,
    JournalTooLong,
    content_hash,
    parts,
    summarise,
)

DAY = dt.date(2026, 3, 2)
ACCOUNTS = [
    ("1000", "Cash drawer", "asset"),
    ("1100", "Accounts receivable", "asset"),
    ("4000", "Services", "revenue"),
]


def postings(*rows: tuple[dt.date, str, str, int]) -> pa.Table:
    names = {code: (name, kind) for code, name, kind in ACCOUNTS}
    return pa.Table.from_pylist(
        [
            {
                "business_date": day,
                "location_code": location,
                "account": account,
                "account_name": names[account][0],
                "account_kind": names[account][1],
                "amount_minor": value,
                "currency": "USD",
            }
            for day, location, account, value in rows
        ],
        schema=POSTING_SCHEMA,
    )


def balanced_day() -> list[JournalLine]:
    return summarise(
        postings(
            (DAY, "NORTH", "1100", 21_775),
            (DAY, "NORTH", "4000", -21_775),
            (DAY, "NORTH", "1000", 21_775),
            (DAY, "NORTH", "1100", -21_770),
            (DAY, "NORTH", "1000", -5),
            (DAY, "SOUTH", "1100", 10_001),
            (DAY, "SOUTH", "4000", -10_001),
        )
    )


def test_postings_are_summed_per_day_location_and_account() -> None:
    lines = balanced_day()
    assert [(x.location_code, x.account, x.amount_minor) for x in lines] == [
        ("NORTH", "1000", 21_770),
        ("NORTH", "1100", 5),
        ("NORTH", "4000", -21_775),
        ("SOUTH", "1100", 10_001),
        ("SOUTH", "4000", -10_001),
    ]


def test_a_day_that_is_off_by_one_cent_is_refused_and_named() -> None:
    with pytest.raises(JournalOutOfBalance) as caught:
        summarise(postings((DAY, "NORTH", "1100", 100), (DAY, "NORTH", "4000", -99)))
    assert "NORTH on 2026-03-02 is off by 1" in caught.value.detail


def test_locations_must_balance_each_on_its_own() -> None:
    with pytest.raises(JournalOutOfBalance):
        summarise(postings((DAY, "NORTH", "1100", 100), (DAY, "SOUTH", "4000", -100)))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_reads_back_to_the_same_amounts(name: str) -> None:
    render, parse, _suffix, _most = format_named(name)
    lines = balanced_day()
    expected = {(x.business_date.isoformat(), x.location_code, x.account): x.amount_minor for x in lines}
    assert parse(render(lines, "Practice books")) == expected


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_gives_the_same_bytes_again(name: str) -> None:
    render, _parse, _suffix, _most = format_named(name)
    assert render(balanced_day(), "Practice books") == render(balanced_day(), "Practice books")


def test_bean_check_accepts_the_file_and_refuses_an_altered_one(tmp_path: Path) -> None:
    content = FORMATS["beancount"][0](balanced_day(), 'Books "of" practice')
    good, bad = tmp_path / "good.beancount", tmp_path / "bad.beancount"
    good.write_bytes(content)
    bad.write_bytes(content.replace(b"217.70", b"218.70"))
    check = [sys.executable, "-m", "beancount.scripts.check"]
    assert subprocess.run([*check, str(good)], check=False, capture_output=True).returncode == 0
    assert subprocess.run([*check, str(bad)], check=False, capture_output=True).returncode != 0


def test_quickbooks_never_shows_a_negative_number_or_a_formula() -> None:
    lines = summarise(postings((DAY, "=NORTH", "1100", 100), (DAY, "=NORTH", "4000", -100)))
    rows = FORMATS["quickbooks_online"][0](lines, "").decode().splitlines()[1:]
    assert all(",-" not in row and not row.startswith("=") and ",=" not in row for row in rows)


def test_receivables_name_one_customer_per_location() -> None:
    rows = FORMATS["quickbooks_online"][0](balanced_day(), "").decode().splitlines()
    customers = [row.split(",")[6] for row in rows if "Accounts receivable" in row]
    assert customers == ["Clients NORTH", "Clients SOUTH"]


def by_document() -> list[JournalLine]:
    """Two documents of one location's day."""
    rows = postings(
        (DAY, "NORTH", "1100", 100), (DAY, "NORTH", "4000", -100),
        (DAY, "NORTH", "1100", 250), (DAY, "NORTH", "4000", -250),
    )  # fmt: skip
    documents = pa.array(["a" * 32, "a" * 32, "b" * 32, "b" * 32])
    return summarise(
        rows.set_column(rows.schema.get_field_index("document"), "document", documents), DOCUMENT
    )


def test_a_journal_per_document_balances_and_carries_its_token() -> None:
    lines = by_document()
    assert {line.journal_no for line in lines} == {
        "DS-NORTH-20260302-aaaaaaaaaaaa",
        "DS-NORTH-20260302-bbbbbbbbbbbb",
    }
    for name, form in FORMATS.items():
        expected = {(DAY.isoformat(), "NORTH", "1100"): 350, (DAY.isoformat(), "NORTH", "4000"): -350}
        assert form.parse(form.render(lines, "Books")) == expected, name
    assert FORMATS["hledger"].render(lines, "Books").count(b"Daily journal") == 2


def test_a_long_batch_is_divided_between_journals_never_within() -> None:
    days = [DAY + dt.timedelta(days=number) for number in range(200)]
    lines = summarise(
        postings(*((day, "NORTH", *one) for day in days for one in (("1100", 1), ("4000", -1))))
    )
    files = parts(lines, FORMATS["xero"].most_lines)
    assert [len(one) for one in files] == [300, 100]
    assert all(sum(line.amount_minor for line in one) == 0 for one in files)
    assert [line for one in files for line in one] == lines
    assert len(parts(lines, None)) == 1
    with pytest.raises(JournalTooLong):
        parts(lines, 1)
    assert all(len(one) <= 301 for one in (FORMATS["xero"].render(file, "").splitlines() for file in files))


def test_a_part_of_a_format_is_read_by_its_format() -> None:
    assert format_named("xero_part_2") is FORMATS["xero"]


def test_the_content_hash_changes_with_any_amount() -> None:
    lines = balanced_day()
    altered = summarise(postings((DAY, "NORTH", "1100", 1), (DAY, "NORTH", "4000", -1)))
    assert content_hash(lines) == content_hash(balanced_day()) != content_hash(altered)


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(UnknownFormat) as caught:
        format_named("excel")
    assert "hledger" in caught.value.detail


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_amounts_survive_text(value: int) -> None:
    assert minor(amount(value)) == value


@given(st.text(max_size=20))
def test_no_cell_starts_a_formula(text: str) -> None:
    assert not cell(text).startswith(("=", "+", "-", "@"))
