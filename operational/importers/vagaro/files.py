"""Finding and recognising the files of a Vagaro export: names, preamble, header, columns in any order.

Headers are those seen in exports: Customers*, TransactionList*. A practice writes Balances* itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from operational.importers.cells import FORMULA, Row, rows_of
from operational.importers.errors import ColumnMissing, FileMissing, FileUnreadable, ForeignFile

CUSTOMERS, TRANSACTIONS, BALANCES = "customers", "transactions", "balances"
ITEM = "item"
_ITEM_HEADERS = ("service/product/gc/package/membership/class", "item sold", "item")
_HEADER_WITHIN = 30
"""Rows of preamble that are searched."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of file: its columns, those it cannot do without, and those that only this system writes."""

    kind: str
    prefix: str
    required: tuple[str, ...]
    known: frozenset[str]
    marks: frozenset[str]
    marks_needed: int


_CUSTOMER_MARKS = frozenset(
    {"customer since", "last visit", "online booking", "app. booked", "check-ins", "amount paid",
     "no shows/cancel"}
)  # fmt: skip
_SALE = (
    "checkout date", "transaction id", "customer", ITEM, "transaction type", "qty", "price", "tax", "tip",
    "disc", "amt paid",
)  # fmt: skip
LAYOUTS = (
    Layout(
        CUSTOMERS,
        "customers",
        ("name", "customer since"),
        _CUSTOMER_MARKS
        | {
            "name", "first name", "last name", "gender", "email", "phone", "birthday", "street", "city",
            "state", "zip",
        },
        _CUSTOMER_MARKS,
        2,
    ),
    Layout(
        TRANSACTIONS,
        "transactionlist",
        _SALE,
        frozenset(_SALE) | {"appointment date", "sold by", "source", "email", "phone"},
        frozenset(_SALE),
        5,
    ),
    Layout(
        BALANCES,
        "balances",
        ("kind", "customer", "reference", "amount"),
        frozenset({"kind", "customer", "reference", "amount", "due", "email", "phone"}),
        frozenset({"kind", "customer", "reference", "amount"}),
        2,
    ),
)  # fmt: skip
_ALIASES = {
    **dict.fromkeys(_ITEM_HEADERS, ITEM),
    "email address": "email", "e-mail": "email", "mobile": "phone", "mobile phone": "phone",
    "cell phone": "phone", "date of birth": "birthday", "birth date": "birthday", "address": "street",
    "zip code": "zip", "postal code": "zip", "quantity": "qty", "discount": "disc", "amount due": "amount",
}  # fmt: skip
_OTHERS = {
    "Mindbody": {"nickname", "home phone", "work phone", "postal code", "client id"},
    "Boulevard": {"primary email", "total spent", "total visits", "marketing consent"},
    "Fresha": {"newsletter opt-out", "total bookings", "total sales"},
    "Jane": {"primary phone", "total appointments", "discipline"},
}


@dataclass(frozen=True, slots=True)
class Source:
    """A recognised file: its rows below the header, each as column → text."""

    name: str
    kind: str
    rows: Sequence[tuple[int, Mapping[str, str]]]


def read_folder(folder: Path) -> list[Source]:
    """The export's files: at least one of customers and one of transactions.

    Raises FileMissing, FileUnreadable, ForeignFile or ColumnMissing.
    """
    if not folder.is_dir():
        raise FileMissing("There is no such folder.")
    found = []
    for layout in LAYOUTS:
        paths = [one for one in sorted(folder.iterdir()) if _is(one, layout)]
        if not paths and layout.kind is not BALANCES:
            raise FileMissing(f"Put the {layout.prefix.capitalize()} export there, as csv or xlsx.")
        found += [_read(one, layout) for one in paths]
    return found


def _is(path: Path, layout: Layout) -> bool:
    name = re.sub(r"[^a-z]", "", path.stem.lower())
    return path.suffix.lower() in (".csv", ".xlsx", ".txt") and name.startswith(layout.prefix)


def _read(path: Path, layout: Layout) -> Source:
    rows = rows_of(path)
    if not rows:
        raise FileUnreadable(f"{path.name} is empty.")
    at, columns = _header(path.name, rows, layout)
    return Source(
        path.name,
        layout.kind,
        [
            (number, {name: cells[place] if place < len(cells) else "" for name, place in columns.items()})
            for number, cells in rows[at + 1 :]
        ],
    )


def _header(name: str, rows: Sequence[Row], layout: Layout) -> tuple[int, dict[str, int]]:
    best: dict[str, int] = {}
    at = -1
    for index, (_, cells) in enumerate(rows[:_HEADER_WITHIN]):
        columns = _columns(name, cells, layout)
        if len(columns.keys() & layout.marks) > len(best.keys() & layout.marks):
            best, at = columns, index
    if len(best.keys() & layout.marks) < layout.marks_needed:
        raise ForeignFile(f"{name} is not a Vagaro export of {layout.kind}{_looks_like(rows)}.")
    present = best.keys() | ({"name"} if {"first name", "last name"} <= best.keys() else set())
    lacking = [one for one in layout.required if one not in present]
    if lacking:
        wanted = ", ".join("Service/Product/GC/Package/Membership/Class" if one == ITEM else one.title()
                           for one in lacking)  # fmt: skip
        raise ColumnMissing(f"{name} lacks: {wanted}.", {"columns": lacking})
    return at, best


def _columns(name: str, cells: Sequence[str], layout: Layout) -> dict[str, int]:
    columns: dict[str, int] = {}
    for place, cell in enumerate(cells):
        header = " ".join(cell.lower().split())
        header = _ALIASES.get(header, header)
        if header not in layout.known or cell == FORMULA:
            continue
        if header in columns and header in layout.required:
            raise ColumnMissing(f"{name} has the column {cell} twice; keep one.", {"columns": [header]})
        columns.setdefault(header, place)
    return columns


def _looks_like(rows: Sequence[Row]) -> str:
    seen = {" ".join(cell.lower().split()) for _, cells in rows[:_HEADER_WITHIN] for cell in cells}
    for system, marks in _OTHERS.items():
        if len(seen & marks) >= 2:
            return f"; it looks like one of {system}"
    return ""
