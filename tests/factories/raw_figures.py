"""The figures of a day from rows in memory, written apart from both SQL versions so that it can judge them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
LIABILITIES = {"2100": "deposits", "2110": "account_credit", "2200": "gift_cards"}


def day_figures(
    org: uuid.UUID, location: uuid.UUID, date: dt.date, rows: Callable[[str], list[Row]]
) -> dict[tuple[str, str], int]:
    """(measure, key) → amount. Zero figures may be among them."""
    figures: dict[tuple[str, str], int] = defaultdict(int)
    here = [row for row in rows("posting") if row["org_id"] == org and row["location_id"] == location]
    entries = {row["id"]: row["event"] for row in rows("journal_entry")}
    for row in here:
        _posting(figures, row, date, entries[row["entry_id"]])

    def of_day(table: str) -> list[Row]:
        return [row for row in rows(table) if row["location_id"] == location and row["business_date"] == date]

    for row in of_day("invoice_line"):
        figures["gross_billed", row["kind"]] += row["list_minor"]
        figures["discounts", row["discount_reason"] or ""] += row["discount_minor"]
        figures["net_billed", ""] += row["net_minor"]
        figures["tax_billed", ""] += row["tax_minor"]
    for memo in of_day("credit_memo"):
        for row in rows("credit_memo_line"):
            if row["credit_memo_id"] == memo["id"]:
                figures["credit_memos", memo["reason"]] += row["net_minor"]
                figures["net_billed", ""] -= row["net_minor"]
                figures["tax_billed", ""] -= row["tax_minor"]
    for table, measure, sign in (("payment", "received", 1), ("payout", "paid_out", -1)):
        for row in of_day(table):
            if row["status"] == "succeeded" and row["tender"] is not None:
                figures[measure, row["tender"]] += row["amount_minor"]
                figures["collected", row["tender"]] += sign * row["amount_minor"]
                figures["tips", ""] += sign * row["tip_minor"]
    for row in of_day("drawer_session"):
        if row["status"] == "closed":
            figures["over_short", ""] += row["over_short_minor"]
    return figures


def _posting(figures: dict[tuple[str, str], int], row: Row, date: dt.date, event: str) -> None:
    account, amount = row["account"], row["amount_minor"]
    if row["business_date"] > date:
        return
    if account < "4000":
        figures["balance", account] += amount
    if account == "1100":
        figures["ar_closing", ""] += amount
        figures["ar_opening", ""] += amount if row["business_date"] < date else 0
    if row["business_date"] < date:
        return
    figures["account", account] += amount
    if account.startswith("4"):
        figures["recognised", ""] -= amount
    if account in LIABILITIES:
        figures[LIABILITIES[account], event] -= amount
    if account == "2400":
        figures["tax_by_jurisdiction", str(row["jurisdiction_id"])] -= amount
