"""What a pooled connection keeps from one request to the next, and when it is asked whether it still lives.

Which organization a transaction serves is the matter of database.py.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg.pq import ExecStatus, PipelineStatus, TransactionStatus
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

UNASKED_SECONDS = 1.0
"""A connection used within this time is not asked again: a request takes two, one after the other."""
STALE = frozenset({"0A000", "26000"})
"""feature_not_supported (a cached plan would change its result) and invalid_sql_statement_name."""
_USED_AT = "medspa.used_at"


class KeepingConnection(psycopg.Connection[Any]):
    """Keeps its prepared statements when a transaction is rolled back.

    psycopg drops them all, for the case that the transaction had created what they read. A request creates
    no relations, and every refusal is a rollback: while many ask for one time no statement stayed planned.
    PostgreSQL itself plans a statement anew when what it reads has changed.
    """

    def rollback(self) -> None:
        plain = self.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)
        if not plain or self.pgconn.pipeline_status != PipelineStatus.OFF:
            super().rollback()
            return
        with self.lock:
            result = self.pgconn.exec_(b"ROLLBACK")
        if result.status != ExecStatus.COMMAND_OK:
            raise psycopg.OperationalError("the transaction could not be rolled back")


def keep_statements(engine: Engine) -> None:
    """Let the engine's connections keep their statements, but for one whose statements have gone stale."""
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "handle_error", _give_up_stale)


def ask_idle_connections(engine: Engine) -> None:
    """Ask a connection that was not used for a second whether it lives, and replace it if not.

    Whoever takes one that died within that second gets the error of the statement, as who holds one does.
    """
    event.listen(engine, "checkin", _used)
    event.listen(engine, "checkout", _asked(engine))


def _connect(_dialect: Any, _record: Any, cargs: tuple[Any, ...], cparams: dict[str, Any]) -> Any:
    return KeepingConnection.connect(*cargs, **cparams)


def _give_up_stale(context: ExceptionContext) -> None:
    """What is prepared answers in other columns by now, or is gone: such a connection is not used again."""
    if getattr(context.original_exception, "sqlstate", None) in STALE:
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False


def _used(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info[_USED_AT] = time.monotonic()


def _asked(engine: Engine) -> Any:
    def ask(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: Any) -> None:
        used = record.info.get(_USED_AT)
        if used is None or time.monotonic() - used < UNASKED_SECONDS:
            return
        dialect = engine.dialect
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            if dialect.is_disconnect(error, connection, None):
                # The pool closes this connection and every older one, and connects anew.
                raise InvalidatePoolError from error
            raise

    return ask
