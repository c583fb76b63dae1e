"""Reading a bank statement in CSV. What a line is about is decided in lines.py.

Pure. Errors number the row and never repeat what it holds.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from operational.banking.errors import StatementUnreadable

MAX_ROWS = 5_000
MAX_TEXT = 200
_AMOUNT = re.compile(r"\s*(?:(-)?|(\())(\d{1,3}(?:,\d{3})*|\d{1,9})(?:\.(\d{1,2}))?(\))?\s*")
_REQUIRED = {"booked_on", "amount"}


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line as the bank tells it. `key` is the bank's own id of it, when it has one."""

    booked_on: date
    amount_minor: int
    description: str | None = None
    key: str | None = None
    account: str | None = None
    """Which bank account, when it is told: ids and equal lines of two accounts are told apart."""


def read(content: str) -> list[StatementLine]:
    """The lines of a CSV text with a header. Raises StatementUnreadable."""
    reader = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")), strict=True)
    lines: list[StatementLine] = []
    try:
        names = {name.strip().lower(): name for name in reader.fieldnames or () if name}
        if not names.keys() >= _REQUIRED:
            raise StatementUnreadable(extra={"row": 1})
        for row in reader:
            if len(lines) == MAX_ROWS:
                raise StatementUnreadable(f"Send at most {MAX_ROWS} rows at a time.")
            values = {name: (row[column] or "").strip() for name, column in names.items()}
            lines.append(_line(values, reader.line_num))
    except csv.Error:
        raise StatementUnreadable(extra={"row": reader.line_num}) from None
    return lines


def keyed(lines: Iterable[StatementLine]) -> list[tuple[str, StatementLine]]:
    """Each line with a key that is the same in every file that holds it.

    Without the bank's id, equal lines are told apart by their order.
    """
    seen: Counter[tuple[date, int, str | None, str | None]] = Counter()
    found = []
    for line in lines:
        if line.key:
            found.append(
                (f"id:{line.key}" if line.account is None else _digest(line.account, line.key), line)
            )
            continue
        same = (line.booked_on, line.amount_minor, line.description, line.account)
        seen[same] += 1
        parts = (line.booked_on.isoformat(), line.amount_minor, line.description or "", seen[same])
        told = parts if line.account is None else (*parts, line.account)
        found.append((_digest(*told), line))
    return found


def _digest(*parts: str | int) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _line(values: dict[str, str], row: int) -> StatementLine:
    matched = _AMOUNT.fullmatch(values["amount"])
    try:
        booked_on = date.fromisoformat(values["booked_on"])
    except ValueError:
        raise StatementUnreadable(extra={"row": row}) from None
    if matched is None or bool(matched[2]) != bool(matched[5]):
        raise StatementUnreadable(extra={"row": row})
    amount = int(matched[3].replace(",", "")) * 100 + int((matched[4] or "").ljust(2, "0"))
    if amount == 0:
        raise StatementUnreadable(extra={"row": row})
    sign = -1 if matched[1] or matched[2] else 1
    texts = (values.get(name, "")[:MAX_TEXT] or None for name in ("description", "id", "account"))
    return StatementLine(booked_on, sign * amount, *texts)
