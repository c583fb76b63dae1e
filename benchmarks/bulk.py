"""A bulk-written operational store: years of visits in seconds, past the services and their triggers.

For measuring only. `change_recent` then touches the newest part the way the application would.
"""

from __future__ import annotations

import uuid
from pathlib import Path

import psycopg

POSTINGS_A_VISIT = 6


def fill(admin_dsn: str, visits: int) -> uuid.UUID:
    """Write one organization with `visits` visits; answers its id. Needs a superuser on an empty store."""
    script = (Path(__file__).parent / "bulk.sql").read_text().replace("$VISITS", str(visits))
    with psycopg.connect(admin_dsn) as connection:
        connection.execute(script.encode())
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")
        row = connection.execute("select org_id from organization").fetchone()
    if row is None:
        raise LookupError("the store stayed empty")
    return uuid.UUID(str(row[0]))


def change_recent(admin_dsn: str, share: float) -> int:
    """Touch the newest `share` of invoices and payments, marking them changed; answers the rows."""
    with psycopg.connect(admin_dsn) as connection:
        # Only the change mark is wanted here, not what else guards a document.
        connection.execute("set session_replication_role = replica")
        rows = 0
        for table in ("invoice", "payment"):
            newest = f"select percentile_disc(%s) within group (order by created_at) from {table}"
            marked = "version = version + 1, changed_xid = pg_current_xact_id()::text::bigint"
            statement = f"update {table} set {marked} where created_at >= ({newest})"
            rows += connection.execute(statement.encode(), (1 - share,)).rowcount
    return rows
