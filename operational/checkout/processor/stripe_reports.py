"""What Stripe reports of its own accord: dispute events, balance transactions, payouts.

Calls that we make of it are in stripe.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import httpx

from medspa.kernel.vocabulary import DisputeStatus, ProcessorLineKind
from operational.checkout.errors import AccountUnnamed, ProcessorSilent
from operational.checkout.processor.port import OWN_ACCOUNT, BalanceLine, Disputed, PaidOut

PAGE = 100
_DISPUTES = {"charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"}
_VERDICTS = {"won": DisputeStatus.WON, "lost": DisputeStatus.LOST}
_KINDS = {
    "charge": ProcessorLineKind.CHARGE,
    "refund": ProcessorLineKind.REFUND,
    "refund_failure": ProcessorLineKind.REFUND_FAILURE,
    "dispute": ProcessorLineKind.DISPUTE,
    "dispute_reversal": ProcessorLineKind.DISPUTE_REVERSAL,
    "fee": ProcessorLineKind.FEE,
}
"""Reporting category → kind; any other is an adjustment. A payout and its return are no lines."""
_RETURNED = "payout_reversal"
_PAYOUTS = ("payout", _RETURNED)
_PAID = "paid"
_FAILED = ("failed", "canceled")
ACCOUNT_NAMES = re.compile(rf"{OWN_ACCOUNT}|acct_[A-Za-z0-9]+")
"""What a merchant account may be called here."""


def read_dispute(event: Mapping[str, Any], row: Mapping[str, Any]) -> Disputed | None:
    """A dispute event that moved money; None for any other, inquiries among them."""
    status = str(row.get("status"))
    if event.get("type") not in _DISPUTES or status.startswith("warning"):
        return None
    if not isinstance(row.get("amount"), int) or not isinstance(row.get("payment_intent"), str):
        return None
    fees = [int(one.get("fee") or 0) for one in row.get("balance_transactions") or ()]
    verdict = _VERDICTS.get(status, DisputeStatus.OPENED)
    return Disputed(
        event["id"], str(event["type"]), str(row["id"]), row["payment_intent"], None, verdict, row["amount"],
        str(row.get("currency")).upper(), sum(fee for fee in fees if fee > 0),
        -sum(fee for fee in fees if fee < 0), _at(row["created"]),
        _at(event["created"]) if verdict is not DisputeStatus.OPENED else None,
    )  # fmt: skip


class Reports:
    """The reading half of the adapter, over the client of stripe.py."""

    _client: httpx.Client

    def balance_lines(self, account: str, after: str | None, since: datetime) -> list[BalanceLine]:
        query = {"expand[]": "data.source", "created[gte]": str(int(since.timestamp()))}
        rows = self._newer("/v1/balance_transactions", query, account, after)
        return [_line(row) for row in rows if row.get("reporting_category") not in _PAYOUTS]

    def payouts(self, account: str, since: date) -> list[PaidOut]:
        """Listed by when they were made, which is not the order in which they arrive or fail."""
        query = {"arrival_date[gte]": str(int(datetime.combine(since, time(), UTC).timestamp()))}
        return [
            PaidOut(
                str(row["id"]), str(row["currency"]).upper(), int(row["amount"]),
                _at(row["arrival_date"]).date(), row["status"] != _PAID,
            )
            for row in self._pages("/v1/payouts", query, account)
            if row.get("status") in (_PAID, *_FAILED)
        ]  # fmt: skip

    def payout_lines(self, account: str, reference: str) -> list[BalanceLine]:
        """A payout that failed comes back as one row of a later one: its own lines stand for it."""
        lines: list[BalanceLine] = []
        asked, known = [reference], {reference}
        while asked:
            query = {"payout": asked.pop(0), "expand[]": "data.source"}
            for row in self._pages("/v1/balance_transactions", query, account):
                category = row.get("reporting_category")
                if category not in _PAYOUTS:
                    lines.append(_line(row))
                elif category == _RETURNED and (again := _source(row)) is not None and again not in known:
                    known.add(again)
                    asked.append(again)
        return lines[::-1]

    def _newer(
        self, path: str, query: Mapping[str, str], account: str, after: str | None
    ) -> list[Mapping[str, Any]]:
        """Rows newer than the one named, oldest first. The list itself comes newest first."""
        rows: list[Mapping[str, Any]] = []
        for row in self._pages(path, query, account):
            if row["id"] == after:
                break
            rows.append(row)
        return rows[::-1]

    def _pages(self, path: str, query: Mapping[str, str], account: str) -> Iterator[Mapping[str, Any]]:
        headers = named(account)
        asked = {**query, "limit": str(PAGE)}
        while True:
            try:
                answer = self._client.get(path, params=asked, headers=headers)
                body: dict[str, Any] = answer.json() if answer.is_success else {}
                rows: list[Mapping[str, Any]] = body["data"]
            except (httpx.HTTPError, ValueError, KeyError, TypeError):
                raise ProcessorSilent from None
            yield from rows
            if not rows or not body.get("has_more"):
                return
            asked["starting_after"] = rows[-1]["id"]


def named(account: str) -> dict[str, str]:
    """The header that names an account under the key's own. Raises AccountUnnamed for what names none.

    Two accounts without a name would each take from, and read, the account of the key itself.
    """
    if not ACCOUNT_NAMES.fullmatch(account):
        raise AccountUnnamed
    return {} if account == OWN_ACCOUNT else {"Stripe-Account": account}


def _line(row: Mapping[str, Any]) -> BalanceLine:
    kind = _KINDS.get(str(row.get("reporting_category")), ProcessorLineKind.ADJUSTMENT)
    currency = str(row["currency"]).upper()
    return BalanceLine(
        str(row["id"]),
        kind,
        int(row["amount"]),
        int(row["fee"]),
        currency,
        _at(row["created"]),
        _source(row),
    )


def _source(row: Mapping[str, Any]) -> str | None:
    """What a row is about. A charge is known by its intent, everything else by itself."""
    source = row.get("source")
    if isinstance(source, Mapping):
        source = source.get("payment_intent") if source.get("object") == "charge" else source.get("id")
    return source if isinstance(source, str) else None


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
