"""A bulk-written operational store: years of visits in seconds, past the services and their triggers.

For measuring only. `change_recent` then touches the newest part, marking it as the application would.
"""

from __future__ import annotations

import uuid
from pathlib import Path

import psycopg

LINES_A_VISIT = 2
# What changes a row: an editable one by its version, a line and a posting by a column that nothing adds up.
_TOUCHED = {
    "invoice": "version = version + 1",
    "invoice_line": "charted_quantity_milli = quantity_milli",
    "payment": "version = version + 1",
    "posting": "external_date = business_date",
}


def fill(admin_dsn: str, visits: int, organizations: int = 1, *, around: bool = False) -> list[uuid.UUID]:
    """Write `visits` visits of `organizations`; answers their ids, the largest (a tenth of all) first.

    `around`: with the calendar, charts and settlements of the visits. Needs a superuser on an empty store.
    """
    names = ["bulk.sql", *(["bulk_around.sql"] if around else [])]
    script = "".join((Path(__file__).parent / name).read_text() for name in names)
    script = script.replace("$VISITS", str(visits)).replace("$ORGS", str(organizations))
    with psycopg.connect(admin_dsn) as connection:
        connection.execute(script.encode())
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")
        rows = connection.execute("select org_id from organization order by org_id").fetchall()
    return [uuid.UUID(str(row[0])) for row in rows]


def change_recent(admin_dsn: str, share: float) -> int:
    """Touch the newest `share` of invoices with their lines, payments and postings; answers the rows."""
    with psycopg.connect(admin_dsn) as connection:
        # Only the change mark is wanted here, not what else guards a document.
        connection.execute("set session_replication_role = replica")
        rows = 0
        for table, touch in _TOUCHED.items():
            newest = "select percentile_disc(%s) within group (order by created_at) from invoice"
            marked = f"{touch}, changed_xid = pg_current_xact_id()::text::bigint"
            statement = f"update {table} set {marked} where created_at >= ({newest})"
            rows += connection.execute(statement.encode(), (1 - share,)).rowcount
    return rows
