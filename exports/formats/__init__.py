"""One module per file format: a pure function from a journal to bytes, and back to amounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from exports.formats import beancount, hledger, quickbooks_online
from exports.journal import JournalLine
from medspa.kernel.errors import Invalid

Render = Callable[[Sequence[JournalLine], str], bytes]
Parse = Callable[[bytes], dict[tuple[str, str, str], int]]
"""bytes → (ISO date, location code, account code) → amount in minor units, debit positive."""

FORMATS: dict[str, tuple[Render, Parse, str]] = {
    "quickbooks_online": (quickbooks_online.render, quickbooks_online.parse, "csv"),
    "beancount": (beancount.render, beancount.parse, "beancount"),
    "hledger": (hledger.render, hledger.parse, "journal"),
}


class UnknownFormat(Invalid):
    code = "unknown-format"
    title = "There is no such export format"


def format_named(name: str) -> tuple[Render, Parse, str]:
    """(render, parse, file suffix). Raises UnknownFormat."""
    try:
        return FORMATS[name]
    except KeyError:
        raise UnknownFormat(f"Known formats: {', '.join(FORMATS)}.") from None
