"""Xero manual journal CSV (compliance, section 6.4): at most 300 lines a file, which the batch sees to.

Lines of one narration and date are one journal; debits positive. Dates are in the order of the country
whose dollar the books are kept in, month first; day first elsewhere.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from exports.formats.text import amount, cell, minor
from exports.journal import JournalLine

COLUMNS = [
    "*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount", "TrackingName1",
    "TrackingOption1", "TrackingName2", "TrackingOption2",
]  # fmt: skip
MOST_LINES = 300
TAX_RATE = "Tax Exempt"
"""Tax is in accounts of its own already: Xero must not work it out again."""
_DATED = re.compile(r"-(\d{4})(\d\d)(\d\d)(?:-|$)")


def render(lines: Sequence[JournalLine], _title: str) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in lines:
        order = "%m/%d/%Y" if line.currency == "USD" else "%d/%m/%Y"
        writer.writerow(
            [
                cell(f"Daily journal {line.journal_no}"),
                format(line.business_date, order),
                cell(line.account_name),
                line.account,
                TAX_RATE,
                amount(line.amount_minor),
                "Location",
                cell(line.location_code),
                "",
                "",
            ]
        )
    return out.getvalue().encode()


def parse(content: bytes) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = {}
    for row in csv.DictReader(io.StringIO(content.decode())):
        dated = _DATED.search(row["*Narration"])
        if dated is None:
            raise ValueError("a narration without its date")
        key = ("-".join(dated.groups()), row["TrackingOption1"].lstrip("'"), row["*AccountCode"])
        found[key] = found.get(key, 0) + minor(row["*Amount"])
    return found
