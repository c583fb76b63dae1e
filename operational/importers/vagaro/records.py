"""Rows of a Vagaro export as records, or the reason why a row is none. Nothing is looked up here."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from operational.importers import values
from operational.importers.cells import FORMULA
from operational.importers.report import FileReport, Outcome, RowRefused
from operational.importers.vagaro.files import ITEM, Source
from operational.importers.values import DateOrder
from operational.text import clean_email, clean_line, clean_phone

SYSTEM = "vagaro"
_Value = TypeVar("_Value")
Cells = Mapping[str, str]


class Sold(enum.StrEnum):
    """What a transaction's line sold."""

    SERVICE = "service"
    PRODUCT = "product"
    GIFT_CARD = "gift_card"
    PREPAID = "prepaid"
    """A package or a membership: money for services that come later."""


_TYPES = {
    "service": Sold.SERVICE, "class": Sold.SERVICE, "product": Sold.PRODUCT, "retail": Sold.PRODUCT,
    "gift certificate": Sold.GIFT_CARD, "gift card": Sold.GIFT_CARD, "gc": Sold.GIFT_CARD,
    "package": Sold.PREPAID, "membership": Sold.PREPAID,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A row: where it stands and the digest that it is known by."""

    file: str
    row: int
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(Record):
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    birth_date: dt.date | None
    street: str | None
    city: str | None
    state: str | None
    zip_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale(Record):
    """A line of a transaction. All amounts positive; `refund` says which way they go."""

    transaction: str
    day: dt.date
    time: dt.time | None
    visit_day: dt.date | None
    visit_time: dt.time | None
    customer: tuple[str, str]
    email: str | None
    phone: str | None
    item: str
    sold: Sold
    sold_by: str
    quantity_milli: int
    list_minor: int
    tax_minor: int
    tip_minor: int
    discount_minor: int
    paid_minor: int
    refund: bool

    @property
    def net_minor(self) -> int:
        return self.list_minor - self.discount_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance(Record):
    """What was outstanding when the practice moved: an open invoice, a gift card, an account credit."""

    kind: str
    customer: tuple[str, str]
    email: str | None
    phone: str | None
    reference: str
    amount_minor: int
    due: dt.date | None


BALANCE_KINDS = ("open_invoice", "gift_card", "credit", "package")


def fingerprint(kind: str, cells: Cells, place: int) -> str:
    """Of a row among `place` equal ones of its file; the order of columns does not matter."""
    told = (f"{name}={cells[name]}" for name in sorted(cells) if cells[name])
    parts = [SYSTEM, kind, str(place), *told]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def date_order(source: Source, given: DateOrder | None) -> DateOrder:
    """How this file writes dates. Raises DatesUnclear."""
    if given:
        return given
    columns = ("checkout date", "appointment date", "customer since", "last visit", "birthday", "due")
    return values.order_of(
        (row[one] for _, row in source.rows for one in columns if row.get(one)), source.name
    )


def records(
    source: Source,
    order: DateOrder,
    report: FileReport,
    make: Callable[[Record, Cells, DateOrder], _Value],
) -> Iterator[_Value]:
    """Each row as a record; what is none is told to the report."""
    seen: Counter[str] = Counter()
    for number, cells in source.rows:
        first = fingerprint(source.kind, cells, 0)
        head = Record(file=source.name, row=number, fingerprint=fingerprint(source.kind, cells, seen[first]))
        seen[first] += 1
        try:
            if FORMULA in cells.values():
                raise RowRefused("formula")
            yield make(head, cells, order)
        except RowRefused as refused:
            report.tell(number, Outcome.REFUSED, refused.reason)


def _head(head: Record) -> dict[str, Any]:
    return {"file": head.file, "row": head.row, "fingerprint": head.fingerprint}


def _tried(reason: str, read: Callable[[str], _Value], text: str) -> _Value:
    try:
        return read(text)
    except ValueError:
        raise RowRefused(reason) from None


def _contact(cells: Cells) -> tuple[str | None, str | None]:
    """(e-mail, phone). One that cannot be one is left out: it would keep a person from being moved in."""
    found: list[str | None] = []
    for column, clean in (("email", clean_email), ("phone", clean_phone)):
        try:
            found.append(clean(cells[column]) if cells.get(column) else None)
        except ValueError:
            found.append(None)
    return found[0], found[1]


def _name(cells: Cells) -> tuple[str, str]:
    if cells.get("first name") and cells.get("last name"):
        text = f"{cells['last name'].replace(',', ' ')}, {cells['first name'].replace(',', ' ')}"
    else:
        text = cells.get("name") or cells.get("customer") or ""
    if not text:
        raise RowRefused("no_customer")
    if text.lower() in ("walk in", "walk-in", "walkin", "total", "totals"):
        raise RowRefused("no_customer")
    return _tried("name_unreadable", values.name_of, text)


def _line(text: str | None) -> str | None:
    try:
        return clean_line(text)[:200] if text else None
    except ValueError:
        return None


def customer(head: Record, cells: Cells, order: DateOrder) -> Customer:
    """A row of Customers. Raises RowRefused."""
    first, last = _name(cells)
    email, phone = _contact(cells)
    born = cells.get("birthday")
    state, zip_code = (cells.get("state") or "").upper(), cells.get("zip") or ""
    return Customer(
        **_head(head),
        first_name=first,
        last_name=last,
        email=email,
        phone=phone,
        birth_date=_tried("date_unreadable", lambda one: values.birth(one, order), born) if born else None,
        street=_line(cells.get("street")),
        city=_line(cells.get("city")),
        state=state if len(state) == 2 and state.isalpha() else None,
        zip_code=zip_code[:5] if zip_code[:5].isdigit() and len(zip_code) >= 5 else None,
    )


def sale(head: Record, cells: Cells, order: DateOrder) -> Sale:
    """A row of TransactionList. Raises RowRefused."""
    if not cells["transaction id"]:
        raise RowRefused(
            "total_row" if any("total" in one.lower() for one in cells.values()) else "incomplete"
        )
    if not all(cells[one] for one in ("checkout date", ITEM, "transaction type", "price", "amt paid")):
        raise RowRefused("incomplete")
    day, time = _tried("date_unreadable", lambda one: values.moment(one, order), cells["checkout date"])
    visit: tuple[dt.date | None, dt.time | None] = (None, None)
    if cells.get("appointment date"):
        visit = _tried("date_unreadable", lambda one: values.moment(one, order), cells["appointment date"])
    kind = cells["transaction type"].lower()
    amounts = [
        _tried("amount_unreadable", values.minor, cells[one]) for one in ("price", "tax", "tip", "disc")
    ]
    paid = _tried("amount_unreadable", values.minor, cells["amt paid"])
    refund = "refund" in kind or amounts[0] < 0 or paid < 0
    kind = " ".join(kind.replace("refund", "").replace("-", " ").split()) or "service"
    if kind not in _TYPES:
        raise RowRefused("type_unknown")
    if not refund and min(amounts[1:3]) < 0:
        raise RowRefused("amount_unreadable")
    price, tax, tip, discount = (abs(one) for one in amounts)
    quantity = _tried("quantity_unreadable", values.milli, cells["qty"])
    email, phone = _contact(cells)
    made = Sale(
        **_head(head),
        transaction=_tried("transaction_id_unreadable", _reference, cells["transaction id"]),
        day=day, time=time, visit_day=visit[0], visit_time=visit[1],
        customer=_name(cells), email=email, phone=phone,
        item=_tried("item_unreadable", clean_line, " ".join(cells[ITEM].split())),
        sold=_TYPES[kind],
        sold_by=_line(cells.get("sold by")) or "",
        quantity_milli=quantity,
        list_minor=_extended(price, quantity, tax + tip - discount, abs(paid)),
        tax_minor=tax, tip_minor=tip, discount_minor=discount, paid_minor=abs(paid), refund=refund,
    )  # fmt: skip
    _check(made)
    return made


def _extended(price: int, quantity_milli: int, rest: int, paid: int) -> int:
    """The list price of the line: `Price` is per piece, unless only the whole line fits what was paid."""
    if quantity_milli <= 1000 or price + rest == paid:
        return price
    return (price * quantity_milli + 500) // 1000


def _check(made: Sale) -> None:
    if made.discount_minor > made.list_minor:
        raise RowRefused("discount_exceeds_price")
    if made.paid_minor > made.net_minor + made.tax_minor + made.tip_minor:
        raise RowRefused("paid_more_than_due")
    if made.refund and made.tip_minor:
        raise RowRefused("refund_of_tip")
    if made.refund and made.sold in (Sold.GIFT_CARD, Sold.PREPAID):
        raise RowRefused("refund_of_prepaid")
    if made.refund and made.net_minor + made.tax_minor == 0:
        raise RowRefused("refund_of_nothing")


def _reference(text: str) -> str:
    cleaned = clean_line(text)
    if len(cleaned) > 60:
        raise ValueError("a transaction id")
    return cleaned


def balance(head: Record, cells: Cells, order: DateOrder) -> Balance:
    """A row of Balances. Raises RowRefused."""
    kind = cells["kind"].lower().replace(" ", "_")
    if kind not in BALANCE_KINDS:
        raise RowRefused("type_unknown")
    amount = _tried("amount_unreadable", values.minor, cells["amount"])
    if amount <= 0:
        raise RowRefused("amount_unreadable")
    due = cells.get("due")
    email, phone = _contact(cells)
    return Balance(
        **_head(head),
        kind=kind,
        customer=_name(cells),
        email=email,
        phone=phone,
        reference=_tried("transaction_id_unreadable", _reference, cells["reference"])
        if cells["reference"]
        else "",
        amount_minor=amount,
        due=_tried("date_unreadable", lambda one: values.moment(one, order), due)[0] if due else None,
    )
