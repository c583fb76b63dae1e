"""QuickBooks Online journal CSV: one journal per location and day (compliance, section 6.2).

Debits and credits in columns of their own, never negative; dates MM/DD/YYYY; receivable lines name
one customer per location, so no client's name leaves.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from exports.formats.text import amount, cell, minor
from exports.journal import JournalLine
from medspa.kernel.vocabulary import Account

COLUMNS = [
    "Journal No", "Journal Date", "Account Name", "Description", "Debits", "Credits", "Name", "Location",
]  # fmt: skip
MOST_LINES = 999
"""QuickBooks takes files of at most 1 000 rows, the heading among them."""


def render(lines: Sequence[JournalLine], _title: str) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in lines:
        receivable = line.account == Account.ACCOUNTS_RECEIVABLE
        writer.writerow(
            [
                cell(line.journal_no),
                f"{line.business_date:%m/%d/%Y}",
                cell(line.account_name),
                f"{line.account} daily journal",
                amount(line.amount_minor) if line.amount_minor > 0 else "",
                amount(-line.amount_minor) if line.amount_minor < 0 else "",
                cell(f"Clients {line.location_code}") if receivable else "",
                cell(line.location_code),
            ]
        )
    return out.getvalue().encode()


def parse(content: bytes) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = {}
    for row in csv.DictReader(io.StringIO(content.decode())):
        day = datetime.strptime(row["Journal Date"], "%m/%d/%Y").date().isoformat()  # noqa: DTZ007
        key = (day, row["Location"].lstrip("'"), row["Description"].split(" ", 1)[0])
        found[key] = found.get(key, 0) + minor(row["Debits"]) - minor(row["Credits"])
    return found
