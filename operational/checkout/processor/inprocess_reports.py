"""What the in-process processor reports of its own accord: disputes, its account of the money, payouts.

Calls that we make of it are in inprocess.py; both write to the same books.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import DisputeStatus, ProcessorLineKind
from operational.checkout.errors import ProcessorMisused
from operational.checkout.processor.port import (
    BalanceLine,
    ChargeRequest,
    Disputed,
    PaidOut,
    RefundRequest,
)

DISPUTE_FEE_MINOR = 1_500
FEE_PER_THOUSAND = 29
FEE_FIXED_MINOR = 30
PAGE = 100
SCHEMA = """
create table if not exists line (
    sequence integer primary key autoincrement, reference text not null unique, account text not null,
    kind text not null, amount_minor integer not null, fee_minor integer not null, currency text not null,
    about text, at text not null, payout_reference text
);
create index if not exists line_account on line (account, sequence);
create table if not exists dispute (
    reference text primary key, charge_reference text not null, request_key text not null,
    account text not null, status text not null, amount_minor integer not null, currency text not null,
    fee_minor integer not null, fee_returned_minor integer not null, opened_at text not null, closed_at text
);
create table if not exists payout (
    sequence integer primary key autoincrement, reference text not null unique, account text not null,
    currency text not null, net_minor integer not null, arrived_on text not null,
    failed integer not null default 0
)
"""


def emit(books: sqlite3.Connection, type_: str, **content: Any) -> None:
    """Write an event to be delivered."""
    event = {"id": f"evt_{new_id().hex}", "type": type_, "created": clock.now().isoformat(), **content}
    books.execute("insert into event (id, payload) values (?, ?)", (event["id"], json.dumps(event)))


def of_operation(
    books: sqlite3.Connection, kind: str, reference: str, request: ChargeRequest | RefundRequest
) -> None:
    """The line of a charge, less its fee, or of a refund; a refund's fee is not given back."""
    amount, fee = -request.amount_minor, 0
    if kind == "charge":
        amount = request.amount_minor
        fee = (amount * FEE_PER_THOUSAND + 500) // 1000 + FEE_FIXED_MINOR
    add_line(books, request.account, ProcessorLineKind(kind), amount, fee, request.currency, reference)


def add_line(
    books: sqlite3.Connection,
    account: str,
    kind: ProcessorLineKind,
    amount_minor: int,
    fee_minor: int,
    currency: str,
    about: str | None,
) -> None:
    books.execute(
        "insert into line (reference, account, kind, amount_minor, fee_minor, currency, about, at)"
        " values (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            f"txn_{new_id().hex}", account, kind.value, amount_minor, fee_minor, currency, about,
            clock.now().isoformat(),
        ),
    )  # fmt: skip


def read_dispute(event: Mapping[str, Any], end: str) -> Disputed | None:
    """Raises KeyError, TypeError or ValueError for what is no event."""
    if end not in set(DisputeStatus):
        return None
    amounts = [event[name] for name in ("amount_minor", "fee_minor", "fee_returned_minor")]
    if any(type(one) is not int for one in amounts):
        raise ValueError("no amount")
    closed = event.get("closed_at")
    return Disputed(
        event["id"], event["type"], event["reference"], event["charge_reference"], event["request_key"],
        DisputeStatus(end), amounts[0], event["currency"], amounts[1], amounts[2],
        datetime.fromisoformat(event["opened_at"]), datetime.fromisoformat(closed) if closed else None,
    )  # fmt: skip


class Reporting(ABC):
    """The reporting half of the in-process processor."""

    @abstractmethod
    def _transaction(self) -> contextlib.AbstractContextManager[sqlite3.Connection]: ...

    def dispute(
        self, charge_reference: str, amount_minor: int | None = None, fee_minor: int = DISPUTE_FEE_MINOR
    ) -> str:
        """The client's bank disputes a charge: the money and a fee are taken at once."""
        reference = f"dp_{new_id().hex}"
        with self._transaction() as books:
            charge = books.execute(
                "select * from operation where kind = 'charge' and outcome = 'succeeded' and reference = ?",
                (charge_reference,),
            ).fetchone()
            if charge is None:
                raise ProcessorMisused
            row = {
                "reference": reference, "charge_reference": charge_reference,
                "request_key": charge["request_key"], "account": json.loads(charge["request"])["account"],
                "status": DisputeStatus.OPENED.value, "amount_minor": amount_minor or charge["amount_minor"],
                "currency": charge["currency"], "fee_minor": fee_minor, "fee_returned_minor": 0,
                "opened_at": clock.now().isoformat(), "closed_at": None,
            }  # fmt: skip
            books.execute(
                f"insert into dispute ({', '.join(row)}) values ({', '.join(':' + name for name in row)})",  # noqa: S608
                row,
            )
            add_line(
                books, row["account"], ProcessorLineKind.DISPUTE, -row["amount_minor"], fee_minor,
                row["currency"], reference,
            )  # fmt: skip
            emit(books, "dispute.opened", **row)
        return reference

    def close_dispute(self, reference: str, *, won: bool, fee_returned_minor: int = 0) -> None:
        """The dispute is decided; won, the money comes back, with the fee or without."""
        status = DisputeStatus.WON if won else DisputeStatus.LOST
        with self._transaction() as books:
            changed = books.execute(
                "update dispute set status = ?, closed_at = ?, fee_returned_minor = ?"
                " where reference = ? and status = 'opened'",
                (status.value, clock.now().isoformat(), fee_returned_minor if won else 0, reference),
            )
            if changed.rowcount != 1:
                raise ProcessorMisused
            row = dict(books.execute("select * from dispute where reference = ?", (reference,)).fetchone())
            if won:
                add_line(
                    books, row["account"], ProcessorLineKind.DISPUTE_REVERSAL, row["amount_minor"],
                    -row["fee_returned_minor"], row["currency"], reference,
                )  # fmt: skip
            emit(books, f"dispute.{status.value}", **row)

    def fail_refund(self, reference: str, code: str = "expired_or_canceled_card") -> None:
        """The card's bank sends a refund back: the money stands on the account again."""
        with self._transaction() as books:
            changed = books.execute(
                "update operation set outcome = 'declined', code = ?"
                " where kind = 'refund' and outcome = 'succeeded' and reference = ?",
                (code, reference),
            )
            if changed.rowcount != 1:
                raise ProcessorMisused
            row = books.execute("select * from operation where reference = ?", (reference,)).fetchone()
            add_line(
                books, json.loads(row["request"])["account"], ProcessorLineKind.REFUND_FAILURE,
                row["amount_minor"], 0, row["currency"], reference,
            )  # fmt: skip
            emit(
                books, "refund.failed", request_key=row["request_key"], reference=reference,
                amount_minor=row["amount_minor"], currency=row["currency"], code=code,
                card_brand=None, card_last_four=None,
            )  # fmt: skip

    def pay_out(self, account: str, arrived_on: date, before: datetime | None = None) -> str | None:
        """Pay out what stands on an account since `before`; below zero it is drawn. None: nothing stood."""
        reference = f"po_{new_id().hex}"
        due = "account = ? and payout_reference is null and at < ?"
        values = (account, (before or datetime.max.replace(tzinfo=UTC)).isoformat())
        with self._transaction() as books:
            row = books.execute(
                f"select currency, sum(amount_minor - fee_minor) as net from line where {due}"  # noqa: S608
                " group by currency",
                values,
            ).fetchone()
            if row is None:
                return None
            books.execute(
                "insert into payout (reference, account, currency, net_minor, arrived_on)"
                " values (?, ?, ?, ?, ?)",
                (reference, account, row["currency"], row["net"], arrived_on.isoformat()),
            )
            books.execute(
                f"update line set payout_reference = ? where {due}",  # noqa: S608
                (reference, *values),
            )
        return reference

    def fail_payout(self, reference: str) -> None:
        """The bank sends a payout back: what it settled stands on the account again."""
        with self._transaction() as books:
            changed = books.execute(
                "update payout set failed = 1 where reference = ? and failed = 0", (reference,)
            )
            if changed.rowcount != 1:
                raise ProcessorMisused
            books.execute("update line set payout_reference = null where payout_reference = ?", (reference,))

    def pay_out_due(self) -> int:
        """Pay out what came in before today (UTC), as a processor does daily; how many payouts."""
        midnight = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        with self._transaction() as books:
            rows = books.execute(
                "select distinct account from line where payout_reference is null and at < ? order by 1",
                (midnight.isoformat(),),
            ).fetchall()
        return sum(self.pay_out(row[0], midnight.date(), midnight) is not None for row in rows)

    def accounts(self) -> list[str]:
        """The merchant accounts that have lines."""
        with self._transaction() as books:
            return [row[0] for row in books.execute("select distinct account from line order by account")]

    def balance_lines(self, account: str, after: str | None, since: datetime) -> list[BalanceLine]:
        with self._transaction() as books:
            rows = books.execute(
                "select * from line where account = ? and at >= ? and sequence >"
                " coalesce((select sequence from line where reference = ?), 0) order by sequence limit ?",
                (account, since.isoformat(), after, PAGE),
            ).fetchall()
        return [_line(row) for row in rows]

    def payouts(self, account: str, since: date) -> list[PaidOut]:
        with self._transaction() as books:
            rows = books.execute(
                "select * from payout where account = ? and arrived_on >= ? order by sequence",
                (account, since.isoformat()),
            ).fetchall()
        return [
            PaidOut(
                row["reference"], row["currency"], row["net_minor"], date.fromisoformat(row["arrived_on"]),
                bool(row["failed"]),
            )
            for row in rows
        ]  # fmt: skip

    def payout_lines(self, account: str, reference: str) -> list[BalanceLine]:
        with self._transaction() as books:
            rows = books.execute(
                "select * from line where account = ? and payout_reference = ? order by sequence",
                (account, reference),
            ).fetchall()
        return [_line(row) for row in rows]


def _line(row: sqlite3.Row) -> BalanceLine:
    return BalanceLine(
        row["reference"], ProcessorLineKind(row["kind"]), row["amount_minor"], row["fee_minor"],
        row["currency"], datetime.fromisoformat(row["at"]), row["about"],
    )  # fmt: skip
