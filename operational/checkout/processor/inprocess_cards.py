"""The in-process processor's own page for cards: kept in its books, shown at our address.

It asks for no number: whoever tries it out chooses a test card. Its route is in operational/online.
"""

from __future__ import annotations

import contextlib
import sqlite3
from abc import ABC, abstractmethod

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from operational.checkout.processor.port import CardGiven, CardPage

PATH = "/processor/cards/"
SCHEMA = """
create table if not exists card_page (
    reference text primary key, request_key text not null unique, return_to text not null, token text,
    at text not null
);
"""
CARDS = {
    "tok_visa": ("Visa ending 4242", "visa", "4242"),
    "tok_mastercard": ("Mastercard ending 4444", "mastercard", "4444"),
    "tok_declined": ("Visa ending 0002, which is declined", "visa", "0002"),
    "tok_insufficient_funds": ("Visa ending 9995, without funds", "visa", "9995"),
    "tok_timeout_lost": ("Visa ending 3220, whose charge is lost on the way", "visa", "3220"),
    "tok_timeout_charged": ("Visa ending 3063, charged without an answer", "visa", "3063"),
}
"""Token → what the page calls it, brand, last four digits."""


class CardPages(ABC):
    """The part of the in-process processor that takes cards."""

    card_origin = ""

    @abstractmethod
    def _transaction(self) -> contextlib.AbstractContextManager[sqlite3.Connection]: ...

    def open_card_page(self, request_key: str, account: str, return_to: str) -> CardPage:  # noqa: ARG002
        with self._transaction() as books:
            books.execute(
                "insert or ignore into card_page (reference, request_key, return_to, at) values (?, ?, ?, ?)",
                (f"cp_{new_id().hex}", request_key, return_to, clock.now().isoformat()),
            )
            row = books.execute(
                "select reference from card_page where request_key = ?", (request_key,)
            ).fetchone()
        return CardPage(row["reference"], PATH + row["reference"])

    def card_given(self, reference: str, account: str) -> CardGiven | None:  # noqa: ARG002
        with self._transaction() as books:
            row = books.execute("select token from card_page where reference = ?", (reference,)).fetchone()
        if row is None or row["token"] is None:
            return None
        _, brand, last_four = CARDS[row["token"]]
        return CardGiven(row["token"], brand, last_four)

    def return_of(self, reference: str) -> str | None:
        """Where a page leads back to; None for no page."""
        with self._transaction() as books:
            row = books.execute(
                "select return_to from card_page where reference = ?", (reference,)
            ).fetchone()
        return None if row is None else str(row["return_to"])

    def take_card(self, reference: str, token: str) -> None:
        """What the page's form sends. Sent twice, the later card counts."""
        with self._transaction() as books:
            books.execute("update card_page set token = ? where reference = ?", (token, reference))
