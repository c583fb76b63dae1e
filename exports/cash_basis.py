"""Cash basis: what money received and paid out means for income, invoice by invoice (metrics, section 8).

Each receipt is spread over its invoice's lines, tax included, by largest remainder. What is prepaid is income
when it is paid; a deposit, credit or gift card that then pays an invoice moves that income to the invoice's
lines and their tax. Performing, breakage, receivables and bad debt post nothing. Accrual is the ledger itself
and needs nothing from here.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pyarrow as pa

from exports.journal import POSTING_SCHEMA
from medspa.kernel.vocabulary import Account

CASH = "cash"
LEDGER_SCHEMA = pa.schema(
    [*POSTING_SCHEMA, ("entry", pa.string()), ("invoice", pa.string()), ("invoice_line", pa.string())]
)
"""POSTING_SCHEMA and the tokens that tie a posting to its entry, invoice and line."""

MONEY = frozenset(
    {
        Account.CASH_DRAWER, Account.CASH_IN_TRANSIT, Account.CHECKS_TO_DEPOSIT, Account.CARD_CLEARING,
        Account.THIRD_PARTY_RECEIVABLE, Account.DISPUTED_FUNDS, Account.BANK,
    }
)  # fmt: skip
INCOME_OF_PREPAID = {
    Account.CLIENT_DEPOSITS: Account.SERVICE_REVENUE,
    Account.ACCOUNT_CREDIT: Account.SERVICE_REVENUE,
    Account.GIFT_CARDS: Account.SERVICE_REVENUE,
    Account.DEFERRED_PACKAGES: Account.SERVICE_REVENUE,
    Account.DEFERRED_MEMBERSHIPS: Account.MEMBERSHIP_DUES,
}
"""A liability of the accrual books → the income that its receipt is here."""
_APPLIED = frozenset({Account.CLIENT_DEPOSITS, Account.ACCOUNT_CREDIT, Account.GIFT_CARDS})
"""What settles an invoice without money; packages and credits settle none, their sessions are due nothing."""
_DISCOUNTS = frozenset(
    {
        Account.DISCOUNTS, Account.DISCOUNT_PROMOTION, Account.DISCOUNT_MEMBER, Account.DISCOUNT_EMPLOYEE,
        Account.DISCOUNT_COURTESY, Account.PROMOTIONAL_VALUE_USED,
    }
)  # fmt: skip

Row = dict[str, Any]
Cells = dict[str, int]
"""Account → what an invoice bills to it, positive."""


def on_cash_basis(
    ledger: pa.Table, wanted: Collection[tuple[str, dt.date]], accounts: Mapping[str, tuple[str, str]]
) -> pa.Table:
    """The cash-basis postings (POSTING_SCHEMA) of the (location code, business date)s wanted.

    `ledger` (LEDGER_SCHEMA) holds the postings of those days and all earlier ones of their invoices;
    `accounts` the name and kind of each account.
    """
    rows: list[Row] = sorted(ledger.to_pylist(), key=lambda row: (row["business_date"], row["entry"]))
    entries = _entries(rows)
    billed = _billed(entries)
    received: defaultdict[str, int] = defaultdict(int)
    out: list[Row] = []
    for entry in entries:
        if not _counts(entry):
            continue
        for row in entry:
            spread = _spread(row, billed, received)
            if (row["location_code"], row["business_date"]) in wanted:
                out += (_posting(row, account, amount, accounts) for account, amount in spread)
    return pa.Table.from_pylist(out, schema=POSTING_SCHEMA)


def _counts(entry: Iterable[Row]) -> bool:
    """Whether money moved, or what was prepaid settled an invoice or came back from one."""
    accounts = {row["account"] for row in entry}
    settled = Account.ACCOUNTS_RECEIVABLE in accounts and not accounts.isdisjoint(_APPLIED)
    return not accounts.isdisjoint(MONEY) or (settled and not _sells(entry))


def _sells(entry: Iterable[Row]) -> bool:
    """Whether an entry bills a line: then its prepaid account is what was sold, not what paid."""
    return any(row["invoice_line"] and row["account"] != Account.ACCOUNTS_RECEIVABLE for row in entry)


def share(cells: Mapping[str, int], amount: int) -> Cells:
    """`amount` over the cells in proportion, by largest remainder; the first account wins a tie.

    Sums to `amount`. Cells may be negative, not all of them zero together.
    """
    total = sum(cells.values())
    exact = {account: divmod(value * amount, total) for account, value in cells.items()}
    shares = {account: whole for account, (whole, _) in exact.items()}
    left = amount - sum(shares.values())
    by_remainder = sorted(exact, key=lambda account: (-abs(exact[account][1]), account))
    for account in by_remainder[:left]:
        shares[account] += 1
    return shares


def _spread(
    row: Row, billed: Mapping[str, Cells], received: defaultdict[str, int]
) -> Iterable[tuple[str, int]]:
    """(account, amount) of one posting of an entry that moves money."""
    account, amount = row["account"], row["amount_minor"]
    if account != Account.ACCOUNTS_RECEIVABLE:
        return [(_income(account), amount)]
    cells = billed.get(row["invoice"], {})
    if not sum(cells.values()):
        # Nothing was billed (a document brought in at cutover): its receipt is service income.
        return [(Account.SERVICE_REVENUE, amount)]
    before = share(cells, received[row["invoice"]])
    received[row["invoice"]] -= amount
    after = share(cells, received[row["invoice"]])
    # Shares of all that was received so far, so that the last cent of an invoice falls where it was billed.
    return [(account, before[account] - after[account]) for account in cells]


def _billed(entries: Iterable[list[Row]]) -> dict[str, Cells]:
    """Invoice → its cells: what its lines billed, discounts within the account of their own line."""
    billed: dict[str, Cells] = {}
    for entry in entries:
        owed = [
            row for row in entry if row["account"] == Account.ACCOUNTS_RECEIVABLE and row["amount_minor"] > 0
        ]
        if not owed or any(row["account"] in MONEY for row in entry):
            continue
        cells = billed.setdefault(owed[0]["invoice"], {})
        lines: defaultdict[str, list[Row]] = defaultdict(list)
        for row in entry:
            if row["invoice_line"] and row["account"] != Account.ACCOUNTS_RECEIVABLE:
                lines[row["invoice_line"]].append(row)
        for postings in lines.values():
            income = next(
                (_income(one["account"]) for one in postings if not _is_side(one["account"])),
                Account.SERVICE_REVENUE,
            )
            for one in postings:
                account = income if one["account"] in _DISCOUNTS else _income(one["account"])
                cells[account] = cells.get(account, 0) - one["amount_minor"]
    return billed


def _is_side(account: str) -> bool:
    return account in _DISCOUNTS or account == Account.SALES_TAX_PAYABLE


def _income(account: str) -> str:
    return INCOME_OF_PREPAID.get(Account(account), account)


def _entries(rows: Iterable[Row]) -> list[list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row["entry"], []).append(row)
    return list(grouped.values())


def _posting(row: Row, account: str, amount: int, accounts: Mapping[str, tuple[str, str]]) -> Row:
    name, kind = accounts[account]
    return {**row, "account": account, "account_name": name, "account_kind": kind, "amount_minor": amount}
