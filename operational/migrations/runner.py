"""Brings an operational database to the current schema, in one transaction, as the owner role.

Order: alembic revisions, hand-written SQL (sql/*.sql by name), statements generated from the tags,
`deid` views as medspa_deid. Everything after the revisions is idempotent and re-applied each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from medspa.kernel.database import make_engine
from operational.migrations import generated

HERE = Path(__file__).parent
_LOCK_KEY = 0x6D656473


def sql_files() -> list[Path]:
    return sorted((HERE / "sql").glob("*.sql"))


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


def migrate(owner_dsn: str) -> None:
    """Migrate to the newest schema. Safe to run again and from several processes at once."""
    engine = make_engine(owner_dsn, application_name="medspa-migrate")
    try:
        with engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            for schema in ("audit", "directory", "deid", "vault"):
                connection.exec_driver_sql(f"create schema if not exists {schema}")
            connection.exec_driver_sql("create extension if not exists btree_gist")
            command.upgrade(alembic_config(connection), "head")
            connection.exec_driver_sql("grant usage, create on schema deid to medspa_deid")
            connection.exec_driver_sql("set local role medspa_deid")
            _apply(connection, [generated.DROP_VIEWS])
            connection.exec_driver_sql("reset role")
            _apply(connection, (path.read_text() for path in sql_files()))
            _apply(connection, generated.after_sql())
            connection.exec_driver_sql("set local role medspa_deid")
            _apply(connection, generated.deid_views())
            connection.exec_driver_sql("reset role")
            connection.exec_driver_sql("revoke create on schema deid from medspa_deid")
    finally:
        engine.dispose()


def _apply(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement.replace("%", "%%"))
