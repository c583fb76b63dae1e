"""hledger: a journal with declared accounts and commodities, so that strict checks pass."""

from __future__ import annotations

import re
from collections.abc import Sequence

from exports.formats.beancount import ROOTS
from exports.formats.text import amount, minor, slug
from exports.journal import JournalLine, days

_TYPES = {"asset": "A", "liability": "L", "equity": "E", "revenue": "R", "expense": "X"}
_TRANSACTION = re.compile(r"^(\d{4}-\d\d-\d\d) \* \(([^)]*)\)")
_CODE = re.compile(r"^DS-(.+)-\d{8}(?:-[0-9a-f]{12})?$")
_POSTING = re.compile(r"^    \w+:(\d{4})-\S+\s{2,}[A-Z]{3} (-?\d+\.\d\d)$")


def account_name(line: JournalLine) -> str:
    return f"{ROOTS[line.account_kind].lower()}:{line.account}-{slug(line.account_name).lower()}"


def render(lines: Sequence[JournalLine], title: str) -> bytes:
    out = [f"; {' '.join(title.split())}"]
    out += [f"commodity {currency} 1000.00" for currency in sorted({line.currency for line in lines})]
    declared = sorted({(account_name(line), _TYPES[line.account_kind]) for line in lines})
    out += [f"account {account}  ; type: {kind}" for account, kind in declared]
    for day, _, _, group in days(lines):
        out += ["", f"{day} * ({group[0].journal_no}) Daily journal"]
        out += [f"    {account_name(x)}  {x.currency} {amount(x.amount_minor)}" for x in group]
    return ("\n".join(out) + "\n").encode()


def parse(content: bytes) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = {}
    day = location = ""
    for line in content.decode().splitlines():
        if header := _TRANSACTION.match(line):
            day, code = header.groups()
            named = _CODE.match(code)
            location = named[1] if named else code
        elif posting := _POSTING.match(line):
            key = (day, location, posting[1])
            found[key] = found.get(key, 0) + minor(posting[2])
    return found
