"""beancount: one balanced transaction per location and day, every account opened (section 6.7)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from exports.formats.text import amount, minor, slug
from exports.journal import JournalLine, days

ROOTS = {
    "asset": "Assets",
    "liability": "Liabilities",
    "equity": "Equity",
    "revenue": "Income",
    "expense": "Expenses",
}
_TRANSACTION = re.compile(r'^(\d{4}-\d\d-\d\d) \* "([^"]*)"')
_POSTING = re.compile(r"^  \w+:(\d{4})-\S+\s+(-?\d+\.\d\d) [A-Z]{3}$")


def account_name(line: JournalLine) -> str:
    return f"{ROOTS[line.account_kind]}:{line.account}-{slug(line.account_name)}"


def render(lines: Sequence[JournalLine], title: str) -> bytes:
    out = [f'option "title" "{title.translate({34: None, 92: None})}"']
    out += [f'option "operating_currency" "{currency}"' for currency in sorted({x.currency for x in lines})]
    first = min((line.business_date for line in lines), default=None)
    opened = sorted({(account_name(line), line.currency) for line in lines})
    out += [f"{first} open {account} {currency}" for account, currency in opened]
    for day, location, _, group in days(lines):
        out += ["", f'{day} * "{location}" "Daily journal {group[0].journal_no}"']
        out += [f"  {account_name(x)}  {amount(x.amount_minor)} {x.currency}" for x in group]
    return ("\n".join(out) + "\n").encode()


def parse(content: bytes) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = {}
    day = location = ""
    for line in content.decode().splitlines():
        if header := _TRANSACTION.match(line):
            day, location = header.groups()
        elif posting := _POSTING.match(line):
            key = (day, location, posting[1])
            found[key] = found.get(key, 0) + minor(posting[2])
    return found
