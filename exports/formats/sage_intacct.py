"""Sage Intacct GL CSV (compliance, section 6.5): header fields on an entry's first row, lines from 1."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from exports.formats.text import amount, cell, minor
from exports.journal import JournalLine, days

COLUMNS = [
    "JOURNAL", "DATE", "DESCRIPTION", "LINE_NO", "ACCT_NO", "DEBIT", "CREDIT", "MEMO", "LOCATION_ID",
]  # fmt: skip
JOURNAL = "GJ"
LONGEST_DESCRIPTION = 30


def render(lines: Sequence[JournalLine], _title: str) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for day, location, _, group in days(lines):
        for number, line in enumerate(group, start=1):
            first = number == 1
            writer.writerow(
                [
                    JOURNAL if first else "",
                    f"{day:%m/%d/%Y}" if first else "",
                    cell(line.journal_no[:LONGEST_DESCRIPTION]) if first else "",
                    number,
                    line.account,
                    amount(line.amount_minor) if line.amount_minor > 0 else "",
                    amount(-line.amount_minor) if line.amount_minor < 0 else "",
                    cell(line.account_name),
                    cell(location),
                ]
            )
    return out.getvalue().encode()


def parse(content: bytes) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = {}
    day = ""
    for row in csv.DictReader(io.StringIO(content.decode())):
        if row["DATE"]:
            day = datetime.strptime(row["DATE"], "%m/%d/%Y").date().isoformat()  # noqa: DTZ007
        key = (day, row["LOCATION_ID"].lstrip("'"), row["ACCT_NO"])
        found[key] = found.get(key, 0) + minor(row["DEBIT"]) - minor(row["CREDIT"])
    return found
