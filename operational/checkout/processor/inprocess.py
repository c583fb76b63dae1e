"""A card processor in this process that behaves like a real one: durable, idempotent, fallible.

It keeps its own books in a small file, so that a crash of ours loses nothing of its. Test tokens choose
what happens; amounts above the limit are declined. Demo and tests only: live mode refuses it.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from operational.checkout.errors import ProcessorMisused
from operational.checkout.processor import inprocess_cards, inprocess_reports
from operational.checkout.processor.inprocess_cards import CardPages
from operational.checkout.processor.inprocess_reports import Reporting, emit
from operational.checkout.processor.port import (
    UNKNOWN,
    ChargeRequest,
    Disputed,
    Happened,
    Outcome,
    RefundRequest,
    Result,
)

CHARGE_LIMIT_MINOR = 5_000_000
SLOW_SECONDS = 0.5
DECLINES = {
    "tok_declined": "card_declined",
    "tok_insufficient_funds": "insufficient_funds",
    "tok_expired_card": "expired_card",
}
LOST = frozenset({"tok_timeout_lost"})
"""The call never arrives and times out."""
CHARGED_LATE = frozenset({"tok_timeout_charged"})
"""The charge is made, but its answer times out."""
REFUND_TIMES_OUT = "tok_refund_timeout"
REFUND_DECLINED = "tok_refund_declined"
_CARDS = {"tok_mastercard": ("mastercard", "4444"), "tok_amex": ("amex", "0005")}
_SCHEMA = """
create table if not exists operation (
    request_key text primary key, kind text not null, request text not null, reference text not null unique,
    outcome text not null, code text, amount_minor integer not null, currency text not null,
    charge_reference text, token text, brand text, last_four text, at text not null
);
create index if not exists operation_charge on operation (charge_reference);
create table if not exists event (
    sequence integer primary key autoincrement, id text not null unique, payload text not null,
    delivered_at text
);
"""


class InProcessProcessor(Reporting, CardPages):
    """The processor over the file at `path`. Safe for many threads and processes.

    `durable`: what it answered is on disk by then.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self._path, self._durable = path, durable
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._transaction() as books:
            for statement in filter(
                str.strip, (_SCHEMA + inprocess_cards.SCHEMA + inprocess_reports.SCHEMA).split(";")
            ):
                books.execute(statement)

    def charge(self, request: ChargeRequest) -> Result:
        if request.token in LOST:
            return UNKNOWN
        if request.token == "tok_slow":  # noqa: S105
            time.sleep(SLOW_SECONDS)
        code = DECLINES.get(request.token)
        if request.amount_minor > CHARGE_LIMIT_MINOR:
            code = "amount_too_large"
        brand, last_four = _CARDS.get(request.token, ("visa", "4242"))
        with self._transaction() as books:
            known = _known(books, "charge", request.request_key, _spelled(request))
            result = known or _record(
                books, "charge", request, code, token=request.token, brand=brand, last_four=last_four
            )
        return UNKNOWN if request.token in CHARGED_LATE and known is None else result

    def refund(self, request: RefundRequest) -> Result:
        with self._transaction() as books:
            known = _known(books, "refund", request.request_key, _spelled(request))
            charge = books.execute(
                "select amount_minor, token from operation"
                " where kind = 'charge' and outcome = 'succeeded' and reference = ?",
                (request.charge_reference,),
            ).fetchone()
            code = None
            if charge is None:
                code = "unknown_charge"
            elif charge["token"] == REFUND_DECLINED:
                code = "refund_declined"
            elif (
                self._refunded(books, request.charge_reference) + request.amount_minor
                > charge["amount_minor"]
            ):
                code = "charge_already_refunded"
            result = known or _record(
                books, "refund", request, code, charge_reference=request.charge_reference
            )
        times_out = known is None and charge is not None and charge["token"] == REFUND_TIMES_OUT
        return UNKNOWN if times_out else result

    def lookup(
        self,
        request_key: str,
        charge_reference: str | None = None,  # noqa: ARG002 - all calls are in one book
        account: str = "",  # noqa: ARG002
    ) -> Result | None:
        with self._transaction() as books:
            row = books.execute("select * from operation where request_key = ?", (request_key,)).fetchone()
        return None if row is None else _result(row)

    def undelivered(self) -> list[tuple[int, bytes]]:
        """Events not yet delivered, oldest first: (sequence, body)."""
        with self._transaction() as books:
            rows = books.execute(
                "select sequence, payload from event where delivered_at is null order by sequence"
            ).fetchall()
        return [(row["sequence"], row["payload"].encode()) for row in rows]

    def mark_delivered(self, sequence: int) -> None:
        with self._transaction() as books:
            books.execute(
                "update event set delivered_at = ? where sequence = ?", (clock.now().isoformat(), sequence)
            )

    def operations(self) -> list[dict[str, Any]]:
        """The processor's own books: what its report would list."""
        with self._transaction() as books:
            return [dict(row) for row in books.execute("select * from operation order by rowid").fetchall()]

    @staticmethod
    def _refunded(books: sqlite3.Connection, charge_reference: str) -> int:
        row = books.execute(
            "select coalesce(sum(amount_minor), 0) from operation"
            " where kind = 'refund' and outcome = 'succeeded' and charge_reference = ?",
            (charge_reference,),
        ).fetchone()
        return int(row[0])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        books = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        books.row_factory = sqlite3.Row
        try:
            if not self._durable:
                books.execute("pragma synchronous = off")
            books.execute("begin immediate")
            yield books
            books.execute("commit")
        finally:
            books.close()


def read_event(body: bytes) -> Happened | Disputed | None:
    """An event of this processor. Raises ValueError for what is no event."""
    event = json.loads(body)
    try:
        kind, _, end = event["type"].partition(".")
        if kind == "dispute":
            return inprocess_reports.read_dispute(event, end)
        amount = event["amount_minor"]
        if type(amount) is not int:
            raise ValueError("no amount")
        code, brand, last_four = (event.get(name) for name in ("code", "card_brand", "card_last_four"))
        outcome = {"succeeded": Outcome.SUCCEEDED, "failed": Outcome.DECLINED}.get(end)
        if outcome is None or kind not in ("charge", "refund"):
            return None
        result = Result(outcome, event.get("reference"), code, brand, last_four)
        return Happened(
            event["id"], event["type"], kind, event["request_key"], amount, event["currency"], result
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("no event") from error


def _spelled(request: ChargeRequest | RefundRequest) -> str:
    return json.dumps(asdict(request), sort_keys=True)


def _known(books: sqlite3.Connection, kind: str, request_key: str, spelled: str) -> Result | None:
    row = books.execute("select * from operation where request_key = ?", (request_key,)).fetchone()
    if row is None:
        return None
    if row["kind"] != kind or row["request"] != spelled:
        raise ProcessorMisused
    return _result(row)


def _record(
    books: sqlite3.Connection,
    kind: str,
    request: ChargeRequest | RefundRequest,
    code: str | None,
    **columns: str,
) -> Result:
    outcome = Outcome.SUCCEEDED if code is None else Outcome.DECLINED
    reference = f"{'ch' if kind == 'charge' else 're'}_{new_id().hex}"
    row = {
        "request_key": request.request_key, "kind": kind, "request": _spelled(request),
        "reference": reference, "outcome": outcome.value, "code": code,
        "amount_minor": request.amount_minor, "currency": request.currency,
        "at": clock.now().isoformat(), **columns,
    }  # fmt: skip
    names = ", ".join(row)
    places = ", ".join(f":{name}" for name in row)
    books.execute(f"insert into operation ({names}) values ({places})", row)  # noqa: S608
    if code is None:
        inprocess_reports.of_operation(books, kind, reference, request)
    emit(
        books,
        f"{kind}.{'succeeded' if code is None else 'failed'}",
        request_key=request.request_key,
        reference=reference,
        amount_minor=request.amount_minor,
        currency=request.currency,
        code=code,
        card_brand=columns.get("brand"),
        card_last_four=columns.get("last_four"),
    )
    return Result(outcome, reference, code, columns.get("brand"), columns.get("last_four"))


def _result(row: sqlite3.Row) -> Result:
    return Result(Outcome(row["outcome"]), row["reference"], row["code"], row["brand"], row["last_four"])
