"""QuickBooks Desktop IIF: tab-separated blocks, one per journal (compliance, section 6.3).

Debits positive, credits negative, each block sums to zero. Desktop takes one receivables line a journal,
with a name: one customer per location, so no client's name leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from exports.formats.text import amount, minor, word
from exports.journal import JournalLine, days
from medspa.kernel.vocabulary import Account

_FIELDS = "TRNSTYPE\tDATE\tACCNT\tNAME\tCLASS\tAMOUNT\tDOCNUM\tMEMO"
_HEADER = [f"!TRNS\tTRNSID\t{_FIELDS}", f"!SPL\tSPLID\t{_FIELDS}", "!ENDTRNS"]
_KIND = "GENERAL JOURNAL"


def render(lines: Sequence[JournalLine], _title: str) -> bytes:
    out = list(_HEADER)
    for _, _, _, group in days(lines):
        for number, line in enumerate(group):
            receivable = line.account == Account.ACCOUNTS_RECEIVABLE
            fields = [
                "TRNS" if number == 0 else "SPL",
                "",
                _KIND,
                f"{line.business_date:%m/%d/%Y}",
                word(line.account_name),
                f"Clients {word(line.location_code)}" if receivable else "",
                word(line.location_code),
                amount(line.amount_minor),
                word(line.journal_no),
                f"{line.account} daily journal",
            ]
            out.append("\t".join(fields))
        out.append("ENDTRNS")
    return ("\r\n".join(out) + "\r\n").encode()


def parse(content: bytes) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = {}
    for line in content.decode().splitlines():
        fields = line.split("\t")
        if fields[0] not in ("TRNS", "SPL"):
            continue
        day = datetime.strptime(fields[3], "%m/%d/%Y").date().isoformat()  # noqa: DTZ007
        key = (day, fields[6], fields[9].split(" ", 1)[0])
        found[key] = found.get(key, 0) + minor(fields[7])
    return found
