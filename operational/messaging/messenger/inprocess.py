"""A messenger in this process that behaves like a real one: durable, fallible, with reports and replies.

It keeps its own books in a small file, so that a crash of ours loses nothing of its. What an address ends
with chooses what happens. Demo and tests only: live mode refuses it.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from operational.messaging.messenger.port import UNKNOWN, Outcome, Outgoing, Result

LOST = ("+15550190", "lost@")
"""Never arrives, and the call times out."""
SENT_LATE = ("+15550191", "late@")
"""Arrives, but its answer times out."""
REFUSED = ("+15550192", "nobody@")
UNDELIVERED = ("+15550193", "full@")
"""Accepted; the report says later that it did not arrive."""
INCOMING = "/v1/messenger/texts"
_SCHEMA = """
create table if not exists sent (
    key text primary key, reference text not null, sender text not null, address text not null,
    subject text, body text not null, at text not null, times integer not null default 1
);
create table if not exists report (
    sequence integer primary key autoincrement, url text not null, form text not null, delivered_at text
);
create table if not exists state (name text primary key, value text not null);
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that reached the messenger."""

    key: str
    sender: str
    to: str
    text: str
    subject: str | None
    times: int
    """How often it was handed over: more than once is our fault."""


class InProcessMessenger:
    """The messenger over the file at `path`. Safe for many threads and processes.

    `durable`: what it accepted is on disk by then.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self._path, self._durable = path, durable
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._transaction() as books:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                books.execute(statement)

    def send(self, message: Outgoing) -> Result:
        with self._transaction() as books:
            if books.execute("select 1 from state where name = 'outage' and value = 'on'").fetchone():
                return Result(Outcome.UNAVAILABLE, code="unreachable")
            if _is(message.to, LOST):
                return UNKNOWN
            if _is(message.to, REFUSED):
                return Result(Outcome.REFUSED, code="unknown_address")
            reference = f"im_{new_id().hex}"
            books.execute(
                "insert into sent values (?, ?, ?, ?, ?, ?, ?, 1)"
                " on conflict (key) do update set times = times + 1",
                (message.key, reference, message.sender, message.to, message.subject, message.text, _now()),
            )
            if message.status_url:
                status = "undelivered" if _is(message.to, UNDELIVERED) else "delivered"
                self._report(books, message.status_url, {"MessageSid": reference, "MessageStatus": status})
        return UNKNOWN if _is(message.to, SENT_LATE) else Result(Outcome.ACCEPTED, reference)

    def lookup(self, message: Outgoing, since: datetime) -> Result | None:  # noqa: ARG002 - it knows our keys
        with self._transaction() as books:
            row = books.execute("select reference from sent where key = ?", (message.key,)).fetchone()
        return None if row is None else Result(Outcome.ACCEPTED, row[0])

    def sent(self) -> list[Sent]:
        """Everything that reached it, in order."""
        with self._transaction() as books:
            rows = books.execute(
                "select key, sender, address, body, subject, times from sent order by at, rowid"
            ).fetchall()
        return [Sent(*row) for row in rows]

    def outage(self, on: bool) -> None:
        """Stop answering, or answer again."""
        with self._transaction() as books:
            books.execute("insert or replace into state values ('outage', ?)", ("on" if on else "off",))

    def receive(self, origin: str, sender: str, to: str, words: str) -> None:
        """Somebody answers: posted to us with the next delivery."""
        form = {"MessageSid": f"im_{new_id().hex}", "From": sender, "To": to, "Body": words}
        with self._transaction() as books:
            self._report(books, origin + INCOMING, form)

    def deliver(self, post: Callable[[str, Mapping[str, str]], bool]) -> int:
        """Post what is undelivered, in order, until the first that is not taken; how many were."""
        with self._transaction() as books:
            waiting = books.execute(
                "select sequence, url, form from report where delivered_at is null order by sequence"
            ).fetchall()
        delivered = 0
        for sequence, url, form in waiting:
            if not post(url, json.loads(form)):
                break
            with self._transaction() as books:
                books.execute("update report set delivered_at = ? where sequence = ?", (_now(), sequence))
            delivered += 1
        return delivered

    def _report(self, books: sqlite3.Connection, url: str, form: Mapping[str, str]) -> None:
        books.execute("insert into report (url, form) values (?, ?)", (url, json.dumps(form)))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        try:
            if not self._durable:
                connection.execute("pragma synchronous = off")
            connection.execute("begin immediate")
            yield connection
            connection.execute("commit")
        finally:
            connection.close()


def _is(address: str, kinds: tuple[str, str]) -> bool:
    return address.startswith(kinds)


def _now() -> str:
    return clock.now().isoformat()
