"""The figures of a day from rows in memory, written apart from both SQL versions to judge them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
Figures = dict[tuple[str, str], int]
LIABILITIES = {"2100": "deposits", "2110": "account_credit", "2200": "gift_cards", "2300": "packages"}


def day_figures(
    org: uuid.UUID, location: uuid.UUID, date: dt.date, rows: Callable[[str], list[Row]]
) -> Figures:
    """(measure, key) → amount. Zero figures may be among them."""
    figures: Figures = defaultdict(int)
    here = [row for row in rows("posting") if row["org_id"] == org and row["location_id"] == location]
    entries = {row["id"]: row["event"] for row in rows("journal_entry")}
    for row in here:
        _posting(figures, row, date, entries[row["entry_id"]])

    def of_day(table: str) -> list[Row]:
        return [row for row in rows(table) if row["location_id"] == location and row["business_date"] == date]

    _billed(figures, of_day("invoice_line"), of_day("credit_memo"), rows("credit_memo_line"))
    _taken(figures, of_day("payment"), "received", 1)
    _taken(figures, of_day("payout"), "paid_out", -1)
    for row in of_day("refund_failure"):
        figures["paid_out", "card"] -= row["amount_minor"]
        figures["collected", "card"] += row["amount_minor"]
    for row in of_day("drawer_session"):
        if row["status"] == "closed":
            figures["over_short", ""] += row["over_short_minor"]
    return figures


def _billed(figures: Figures, lines: list[Row], memos: list[Row], memo_lines: list[Row]) -> None:
    for row in lines:
        figures["gross_billed", row["kind"]] += row["list_minor"]
        figures["discounts", row["discount_reason"] or ""] += row["discount_minor"]
        figures["net_billed", ""] += row["net_minor"]
        figures["tax_billed", ""] += row["tax_minor"]
    reasons = {memo["id"]: memo["reason"] for memo in memos}
    for row in memo_lines:
        if row["credit_memo_id"] in reasons:
            figures["credit_memos", reasons[row["credit_memo_id"]]] += row["net_minor"]
            figures["net_billed", ""] -= row["net_minor"]
            figures["tax_billed", ""] -= row["tax_minor"]


def _taken(figures: Figures, documents: list[Row], measure: str, sign: int) -> None:
    for row in documents:
        if row["status"] == "succeeded" and row["tender"] is not None:
            figures[measure, row["tender"]] += row["amount_minor"]
            figures["collected", row["tender"]] += sign * row["amount_minor"]
            figures["tips", ""] += sign * row["tip_minor"]


def _posting(figures: Figures, row: Row, date: dt.date, event: str) -> None:
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
