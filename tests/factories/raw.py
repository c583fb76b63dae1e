"""Writes the raw tables of a warehouse batch by batch, as the loader leaves them.

A mirror in memory says what was there before and gives the control totals, so that what tests compare with
never comes from the database under test.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg import sql

from pipelines.contract import contracts

Row = dict[str, Any]
NIL = uuid.UUID(int=0)
EXTRACTED_AT = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
_DATED_TOTALS: dict[str, tuple[str, str, Callable[[Row], int]]] = {
    "posting": ("amount_minor", "account", lambda row: int(row["amount_minor"])),
    "invoice_line": ("total_minor", "kind", lambda row: int(row["net_minor"] + row["tax_minor"])),
    "payment": ("amount_minor", "tender", lambda row: int(row["amount_minor"])),
    "payout": ("amount_minor", "tender", lambda row: int(row["amount_minor"])),
    "refund_failure": ("amount_minor", "card", lambda row: int(row["amount_minor"])),
}


class RawStore:
    """`put` and `remove` collect what a batch moved; leaving `with store.batch()` loads it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.tables: dict[str, dict[tuple[Any, ...], Row]] = {name: {} for name in contracts()}
        self.batch_id = 0
        self.moved: dict[tuple[str, tuple[Any, ...]], Row | None] = {}

    def put(self, table: str, **values: Any) -> Row:
        """Insert a row, or change the named columns of the row with its key."""
        contract = contracts()[table]
        key = tuple(values[one] for one in contract.key)
        before = self.current(table, key)
        row: Row = {**(before or dict.fromkeys(contract.names)), **values}
        self.moved[table, key] = row
        return row

    def remove(self, table: str, *key: Any) -> None:
        self.moved[table, key] = None

    def current(self, table: str, key: tuple[Any, ...]) -> Row | None:
        if (table, key) in self.moved:
            return self.moved[table, key]
        return self.tables[table].get(key)

    def rows(self, table: str) -> list[Row]:
        return list(self.tables[table].values())

    @contextlib.contextmanager
    def batch(self) -> Iterator[int]:
        """One batch; its number is the next one."""
        number = self.batch_id + 1
        yield number
        with self.connection.transaction():
            self._load(number)
        self.batch_id = number
        self.moved.clear()

    def _load(self, number: int) -> None:
        self.connection.execute(
            "insert into meta.batch (batch_id, kind, reason, lake_generation, snapshot, source,"
            " key_generations, schema_hash, manifest_sha256, extracted_at, loaded_at)"
            " values (%s, 'incremental', 'test', 1, '', '{}', '{}', '', '', %s, %s)",
            (number, EXTRACTED_AT + dt.timedelta(hours=number), EXTRACTED_AT + dt.timedelta(hours=number)),
        )
        inserts: dict[str, list[Row]] = defaultdict(list)
        for (table, key), row in self.moved.items():
            old = self.tables[table].pop(key, None)
            if old is not None:
                self._insert(f"meta.before_{table}", [{**old, "_batch_id": number}])
                self._delete(table, key)
            if row is not None:
                inserts[table].append({**row, "_batch_id": number})
                self.tables[table][key] = dict(row)
        for table, rows in inserts.items():
            self._insert(f"raw.{table}", rows)
        for table in {name for name, _ in self.moved}:
            self.connection.execute(
                "insert into meta.batch_table (batch_id, table_name, rows_landed, inserted, updated, deleted)"
                " values (%s, %s, 0, %s, 0, 0)",
                (number, table, len([one for one, _ in self.moved if one == table])),
            )
        self._control_totals(number)

    def _insert(self, relation: str, rows: list[Row]) -> None:
        columns = list(rows[0])
        statement = sql.SQL("insert into {} ({}) values ({})").format(
            sql.SQL(relation),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(map(sql.Placeholder, columns)),
        )
        with self.connection.cursor() as cursor:
            cursor.executemany(statement, rows)

    def _delete(self, table: str, key: tuple[Any, ...]) -> None:
        names = contracts()[table].key
        conditions = sql.SQL(" and ").join(sql.SQL("{} = %s").format(sql.Identifier(one)) for one in names)
        self.connection.execute(sql.SQL(f"delete from raw.{table} where ") + conditions, key)

    def _control_totals(self, number: int) -> None:
        totals: dict[tuple[Any, ...], int] = defaultdict(int)
        for table in contracts():
            for row in self.tables[table].values():
                totals[row.get("org_id", NIL), table, "rows", None, None, ""] += 1
        for table, (measure, split, amount) in _DATED_TOTALS.items():
            for row in self.tables[table].values():
                if row.get("status", "succeeded") != "succeeded":
                    continue
                key = row.get(split, split) or "account_credit"
                day = (row["location_id"], row["business_date"])
                totals[row["org_id"], table, measure, *day, key] += amount(row)
        for row in self.tables["credit_memo_line"].values():
            memo = self.tables["credit_memo"][row["org_id"], row["credit_memo_id"]]
            day = (memo["location_id"], memo["business_date"])
            total = row["net_minor"] + row["tax_minor"]
            totals[row["org_id"], "credit_memo", "total_minor", *day, memo["reason"]] += total
        self.connection.execute("delete from meta.control_total")
        with self.connection.cursor() as cursor:
            cursor.executemany(
                "insert into meta.control_total"
                " (batch_id, org_id, table_name, measure, location_id, business_date, key, value)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s)",
                [(number, *group, value) for group, value in totals.items()],
            )
