"""One module per file format: a pure function from a journal to bytes, and back to amounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from exports.formats import beancount, hledger, quickbooks_desktop, quickbooks_online, sage_intacct, xero
from exports.journal import JournalLine
from medspa.kernel.errors import Invalid


class Format(NamedTuple):
    """How a journal becomes a file. `most_lines`: a longer journal goes into several files."""

    render: Callable[[Sequence[JournalLine], str], bytes]
    """(lines, title) → bytes."""
    parse: Callable[[bytes], dict[tuple[str, str, str], int]]
    """bytes → (ISO date, location code, account code) → amount in minor units, debit positive."""
    suffix: str
    most_lines: int | None = None


FORMATS: dict[str, Format] = {
    "quickbooks_online": Format(
        quickbooks_online.render, quickbooks_online.parse, "csv", quickbooks_online.MOST_LINES
    ),
    "quickbooks_desktop": Format(quickbooks_desktop.render, quickbooks_desktop.parse, "iif"),
    "xero": Format(xero.render, xero.parse, "csv", xero.MOST_LINES),
    "sage_intacct": Format(sage_intacct.render, sage_intacct.parse, "csv"),
    "beancount": Format(beancount.render, beancount.parse, "beancount"),
    "hledger": Format(hledger.render, hledger.parse, "journal"),
}
PART = "_part_"
"""Between a format and the number of a file after the first."""


class UnknownFormat(Invalid):
    code = "unknown-format"
    title = "There is no such export format"


def format_named(name: str) -> Format:
    """The format of a file, by the format's name or that of one of its parts. Raises UnknownFormat."""
    try:
        return FORMATS[name.split(PART)[0]]
    except KeyError:
        raise UnknownFormat(f"Known formats: {', '.join(FORMATS)}.") from None
