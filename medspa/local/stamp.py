"""The mode a database was made for, kept as a function that returns it.

A function and no table: it exists before the first migration, survives dump and restore, and cannot be
changed by a role that may only write rows.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

MODES = ("demo", "live")
_READ = "select prosrc from pg_proc where oid = to_regprocedure('public.medspa_mode()')"


class ModeMismatch(RuntimeError):
    """The database was made for the other mode; the message says what to do."""


def read_mode(connection: psycopg.Connection) -> str | None:
    """The stamp of the connected database, or None when it has none yet."""
    row = connection.execute(_READ).fetchone()
    if row is None:
        return None
    return next((mode for mode in MODES if f"'{mode}'" in row[0]), None)


def ensure_mode(owner_dsn: str, mode: str) -> None:
    """Stamp a new database with the mode; refuse one that was stamped with the other. Raises ModeMismatch."""
    with psycopg.connect(owner_dsn) as connection:
        stamped = read_mode(connection)
        if stamped is None:
            connection.execute(
                sql.SQL(
                    "create function public.medspa_mode() returns text language sql immutable as {}"
                ).format(sql.Literal(f"select '{mode}'::text"))
            )
        elif stamped != mode:
            raise ModeMismatch(
                f"This database was made in {stamped} mode and MEDSPA_MODE is {mode}: data of a demo and of "
                "a practice never mix. Use another state folder (MEDSPA_HOME) or another database."
            )
