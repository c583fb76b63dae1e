"""The journal of an accounting batch: closed days summed per location and account, with DuckDB.

Formats turn a journal into bytes; numbering and storage are the batch's (exports.batch).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import duckdb
import pyarrow as pa

from medspa.kernel.errors import DomainError

POSTING_SCHEMA = pa.schema(
    [
        ("business_date", pa.date32()),
        ("location_code", pa.string()),
        ("account", pa.string()),
        ("account_name", pa.string()),
        ("account_kind", pa.string()),
        ("amount_minor", pa.int64()),
        ("currency", pa.string()),
        ("document", pa.string()),
    ]
)
"""What a journal is made from: one row per posting, debit positive, in minor units. `document` is the token
of the invoice, payment or other source, hexadecimal."""
DAY, DOCUMENT = "day", "document"
DETAILS = (DAY, DOCUMENT)
"""A journal per location and day, or per document of it."""
DOCUMENT_DIGITS = 12
"""Of a document's token in a journal's number: 48 bits tell the documents of one day apart."""

_SUMMED = """
    select business_date, location_code, account, min(account_name) as account_name,
           min(account_kind) as account_kind, cast(sum(amount_minor) as bigint) as amount_minor,
           min(currency) as currency, case when $by_document then document[:$digits] else '' end as document
    from postings
    group by business_date, location_code, account,
             case when $by_document then document[:$digits] else '' end
    having sum(amount_minor) <> 0
    order by business_date, location_code, document, account
"""
_OUT_OF_BALANCE = """
    select business_date, location_code, cast(sum(amount_minor) as bigint) as off_minor
    from postings group by business_date, location_code
    having sum(amount_minor) <> 0 or count(distinct currency) > 1
"""


class JournalOutOfBalance(DomainError):
    """A location's day does not sum to zero, so no file may be written."""

    code = "journal-out-of-balance"
    title = "A day of this batch does not balance"


class JournalTooLong(DomainError):
    """One journal has more lines than a file of the format may hold."""

    code = "journal-too-long"
    title = "A journal does not fit into a file of this format"


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One account of one location's day. `amount_minor`: debit positive."""

    business_date: dt.date
    location_code: str
    account: str
    account_name: str
    account_kind: str
    amount_minor: int
    currency: str
    document: str = ""
    """The first digits of a document's token, where journals are per document."""

    @property
    def journal_no(self) -> str:
        number = f"DS-{self.location_code}-{self.business_date:%Y%m%d}"
        return f"{number}-{self.document}" if self.document else number


def summarise(postings: pa.Table, detail: str = DAY) -> list[JournalLine]:
    """Sum postings (POSTING_SCHEMA) per date, location, account and, if asked, document.

    Raises JournalOutOfBalance.
    """
    with duckdb.connect() as connection:
        connection.register("postings", postings.cast(POSTING_SCHEMA))
        wrong = connection.execute(_OUT_OF_BALANCE).fetchone()
        if wrong is not None:
            raise JournalOutOfBalance(
                f"{wrong[1]} on {wrong[0]} is off by {wrong[2]} minor units; run the tie-outs of that day."
            )
        asked = {"by_document": detail == DOCUMENT, "digits": DOCUMENT_DIGITS}
        return [JournalLine(*row) for row in connection.execute(_SUMMED, asked).fetchall()]


def content_hash(lines: Sequence[JournalLine]) -> str:
    """SHA-256 of the canonical lines: what every format of a batch is made from."""
    canonical = json.dumps(
        [asdict(line) | {"business_date": line.business_date.isoformat()} for line in lines],
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def days(lines: Sequence[JournalLine]) -> list[tuple[dt.date, str, str, list[JournalLine]]]:
    """The lines grouped into journals: (date, location code, document, lines), in order."""
    grouped: dict[tuple[dt.date, str, str], list[JournalLine]] = {}
    for line in lines:
        grouped.setdefault((line.business_date, line.location_code, line.document), []).append(line)
    return [(*key, group) for key, group in grouped.items()]


def parts(lines: Sequence[JournalLine], most_lines: int | None) -> list[list[JournalLine]]:
    """The lines in files of at most `most_lines`; a journal is never divided.

    Raises JournalTooLong when one journal alone has more.
    """
    if most_lines is None or len(lines) <= most_lines:
        return [list(lines)]
    files: list[list[JournalLine]] = [[]]
    for _, _, _, group in days(lines):
        if len(group) > most_lines:
            raise JournalTooLong(f"{group[0].journal_no} has {len(group)} lines; a file holds {most_lines}.")
        if len(files[-1]) + len(group) > most_lines:
            files.append([])
        files[-1] += group
    return files
