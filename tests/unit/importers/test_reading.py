"""Files of an export as they come: encodings, columns, dates, amounts, and what is refused while reading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import Intent
from operational.importers import mapping, values
from operational.importers.errors import (
    ColumnMissing,
    DatesUnclear,
    FileMissing,
    FileUnreadable,
    ForeignFile,
    MappingRefused,
)
from operational.importers.vagaro.read import read_export
from operational.importers.values import DateOrder
from tests.factories.history import BALANCES, CUSTOMERS, PEOPLE, SALES, STORY, Cells, write


def reasons(folder: Path) -> dict[int, str]:
    """Row of the transaction list → reason, for what was refused while reading."""
    report = read_export(folder).report
    return {row: reason for row, (_, reason) in report.file("TransactionList.csv").outcomes.items()}


def changed(row: Cells, **cells: str) -> list[object]:
    copy = list(row)
    for name, value in cells.items():
        copy[SALES.index({"id": "Transaction ID", "paid": "Amt Paid", "date": "Checkout Date",
                          "kind": "Transaction Type"}.get(name, name.title()))] = value  # fmt: skip
    return copy


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_every_encoding_tells_the_same_names(tmp_path: Path, encoding: str) -> None:
    people: list[Cells] = [["Éloïse Núñez", "01/15/2023", "", "$0.00", "", "", ""]]
    export = read_export(write(tmp_path, people, encoding=encoding))
    assert [(one.first_name, one.last_name) for one in export.customers] == [("Éloïse", "Núñez")]


def test_a_workbook_tells_what_the_text_tells_and_its_formulas_are_refused(tmp_path: Path) -> None:
    plain = read_export(write(tmp_path / "text"))
    write(tmp_path / "book")
    (tmp_path / "book" / "TransactionList.csv").unlink()
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    rows: list[list[object]] = [["Transaction List"], [], list(reversed(SALES))]
    for row in [*rows, *(list(reversed(one)) for one in STORY)]:
        sheet.append(row)
    sheet.cell(row=4, column=1, value="=1+1")
    book.save(tmp_path / "book" / "TransactionList 2026.xlsx")
    read = read_export(tmp_path / "book")
    assert [(one.transaction, one.item, one.paid_minor) for one in read.sales] == [
        (one.transaction, one.item, one.paid_minor) for one in plain.sales[1:]
    ]
    assert read.report.file("TransactionList 2026.xlsx").outcomes[4][1] == "formula"


def _without(header: list[str], column: str) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        path = folder / ("Customers.csv" if header is CUSTOMERS else "TransactionList.csv")
        path.write_text(path.read_text().replace(column, "Something", 1))

    return spoil


def _content(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def _open_quote(folder: Path) -> None:
    path = folder / "TransactionList.csv"
    path.write_text(path.read_text().replace("12/15/2025,T2", '12/15/2025,"T2', 1))


MINDBODY = b"1,2,3,4\nLast name,First name,Nickname,ID,Postal code,Mobile phone,Home phone\nDoe,Jo,,7,1,2,3\n"
BAD_FILES = [
    (_without(SALES, "Amt Paid"), ColumnMissing, "Amt Paid"),
    (_without(CUSTOMERS, "Customer Since"), ColumnMissing, "Customer Since"),
    (_content("Customers.csv", MINDBODY), ForeignFile, "Mindbody"),
    (_content("Customers.csv", b""), FileUnreadable, "empty"),
    (_content("Customers.xlsx", b"PK\x03\x04 half a workbook"), FileUnreadable, "complete"),
    (_content("TransactionList.csv", bytes(range(256)) * 8), FileUnreadable, "TransactionList.csv"),
    (_open_quote, FileUnreadable, "breaks off after row 6"),
    (lambda folder: (folder / "TransactionList.csv").unlink(), FileMissing, "Transactionlist"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "error", "named"), BAD_FILES)
def test_a_file_that_is_none_is_refused_by_name(
    tmp_path: Path, spoil: Callable[[Path], object], error: type[DomainError], named: str
) -> None:
    spoil(write(tmp_path))
    with pytest.raises(error) as caught:
        read_export(tmp_path)
    assert named in caught.value.detail


def test_every_row_that_is_none_has_its_reason_and_number(tmp_path: Path) -> None:
    good = STORY[0]
    rows = [
        good[:9],
        changed(good, price="=HYPERLINK(1)"),
        changed(good, price="12.345"),
        changed(good, price="1.234,56"),
        changed(good, date="13/45/2025"),
        changed(good, date="02/29/2025"),
        changed(good, kind="Raffle"),
        changed(good, paid="$999.00"),
        changed(good, disc="$500.00"),
        changed(good, qty="0"),
        changed(good, customer="Walk-In"),
        ["Total", "", "", "", "", "", "", "", "", "$2,000.00"],
        good,
    ]
    found = reasons(write(tmp_path, sales=rows))
    assert [found.get(row) for row in range(5, 18)] == [
        "incomplete", "formula", "amount_unreadable", "amount_unreadable", "date_unreadable",
        "date_unreadable", "type_unknown", "paid_more_than_due", "discount_exceeds_price",
        "quantity_unreadable", "no_customer", "total_row", None,
    ]  # fmt: skip


def test_the_order_of_day_and_month_is_told_by_the_file_or_asked_for(tmp_path: Path) -> None:
    assert values.order_of(["03/14/2025", "01/02/2025"], "f") is DateOrder.MONTH_FIRST
    assert values.order_of(["14/03/2025", "01/02/2025"], "f") is DateOrder.DAY_FIRST
    assert values.order_of(["2025-03-14", "04/04/2025"], "f") is DateOrder.MONTH_FIRST
    with pytest.raises(DatesUnclear):
        values.order_of(["14/03/2025", "03/14/2025"], "f")
    unclear = [changed(STORY[0], date="01/02/2025")]
    unclear[0][2] = ""
    write(tmp_path, [], unclear)
    with pytest.raises(DatesUnclear):
        read_export(tmp_path)
    assert read_export(tmp_path, DateOrder.DAY_FIRST).sales[0].day.isoformat() == "2025-02-01"


@pytest.mark.parametrize(
    ("text", "amount"),
    [("$1,234.56", 123456), ("($12.00)", -1200), ("-5", -500), ("- $5.5", -550), ("", 0), (".5", 50),
     ("1,234,567.80", 123456780), ("12.500", 1250)],
)  # fmt: skip
def test_amounts_are_whole_cents(text: str, amount: int) -> None:
    assert values.minor(text) == amount


@pytest.mark.parametrize("text", ["$", "12,34", "(12", "1.2.3", "(-5)", "twelve", "1e3", "١٢"])
def test_what_is_no_amount_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        values.minor(text)


def test_the_proposed_mapping_knows_the_trade_and_a_spoiled_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(mapping.proposal(["Botox", "Botox touch-up", "Laser Hair Removal Legs", "Magic: #1"]))
    known = {"neurotoxin", "laser_hair_legs_back", "consultation"}
    services = mapping.read(path, known, {"Botox"}).services
    assert services["Botox"] == mapping.Treatment("neurotoxin", Intent.FULL, "Botox")
    assert services["Botox touch-up"].intent is Intent.TOUCH_UP
    assert services["Laser Hair Removal Legs"].category == "laser_hair_legs_back"
    assert services["Magic: #1"].intent is None
    good = path.read_text()
    for spoiled in (
        good.replace("category: neurotoxin", "category: tattoo"),
        good.replace("category: neurotoxin", "category:"),
        good.replace("intent: full", "intent: often"),
        good.replace("product: Botox", "product: Gold"),
        good.replace("system: vagaro", "system: other"),
        "services: [",
        "- !!python/object/apply:os.system ['true']",
    ):
        path.write_text(spoiled)
        with pytest.raises(MappingRefused):
            mapping.read(path, known, {"Botox"})


def test_balances_without_their_columns_are_refused(tmp_path: Path) -> None:
    write(tmp_path, PEOPLE, STORY, [["credit", "Theo Blanc", "", "$25.00", ""]])
    path = tmp_path / "Balances.csv"
    path.write_text(path.read_text().replace(BALANCES[3], "Worth", 1))
    with pytest.raises(ColumnMissing, match="import-column-missing"):
        read_export(tmp_path)
