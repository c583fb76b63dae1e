"""Brings a warehouse to the current schema: raw and meta from the contract, marts from publish.

Idempotent, one transaction, as the owner role. A raw table whose columns no longer fit is changed or made
again; what it held comes back with the full re-read that a changed contract causes anyway.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from typing import Any

import psycopg

from pipelines.contract import TableContract, contracts
from pipelines.load import ddl

_LOCK_KEY = 0x6D656473_3A77
_MARTS = "pipelines.publish.schema"
_COLUMNS = """
    select a.attname::text, format_type(a.atttypid, a.atttypmod)
    from pg_attribute a
    where a.attrelid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped
"""
_ALIASES = {"timestamp with time zone": "timestamptz"}


def migrate(owner_dsn: str) -> None:
    """Migrate to the newest schema. Safe to run again and from several processes at once."""
    with psycopg.connect(owner_dsn, application_name="medspa-migrate") as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK_KEY,))
        _apply(connection, (f"create schema if not exists {name}" for name in ddl.SCHEMAS))
        _apply(connection, [ddl.META])
        for contract in contracts().values():
            _fit(connection, f"raw.{contract.name}", contract)
            _fit(connection, f"meta.before_{contract.name}", contract)
            _apply(connection, ddl.create_raw(contract))
            _apply(connection, ddl.create_before(contract))
        for relation in ddl.relations():
            _apply(connection, ddl.protect(relation))
        _apply(connection, ddl.grants())
        if importlib.util.find_spec(_MARTS) is not None:
            importlib.import_module(_MARTS).migrate_marts(connection)


def _fit(connection: psycopg.Connection[Any], relation: str, contract: TableContract) -> None:
    """Make an existing table's columns those of the contract."""
    listed = connection.execute(_COLUMNS, (relation,)).fetchall()
    found = {name: _ALIASES.get(type_, type_) for name, type_ in listed}
    if not found:
        return
    wanted = dict(ddl.columns(contract))
    if any(found[name] != type_ for name, type_ in wanted.items() if name in found):
        # Views of dbt on the table go with it; the next build makes them again.
        _apply(connection, [f"drop table {relation} cascade"])
        return
    for name in found.keys() - wanted:
        _apply(connection, [f"alter table {relation} drop column {name} cascade"])
    for name, type_ in wanted.items():
        if name not in found:
            _apply(connection, [f"alter table {relation} add column {name} {type_}"])


def _apply(connection: psycopg.Connection[Any], statements: Iterable[str]) -> None:
    for statement in statements:
        connection.execute(statement.encode())
