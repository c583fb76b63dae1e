"""Which rows statements look at: plans of everything a block of code runs, nested statements included."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import create_engine, event, text

from medspa.kernel.database import TenantSession, bind_organization, driver_dsn
from tests.support.databases import Database

# auto_explain also sees what SQL functions run. Parameters that the server may print are off.
SETTINGS = """
load 'auto_explain';
set auto_explain.log_min_duration = 0;
set auto_explain.log_nested_statements = on;
set auto_explain.log_analyze = on;
set auto_explain.log_timing = off;
set auto_explain.log_format = json;
set auto_explain.log_level = notice;
set auto_explain.log_parameter_max_length = 0;
set session authorization medspa_app;
"""


@dataclass(frozen=True)
class Scan:
    """One scan of a table in one statement: the rows it looked at in all its loops."""

    table: str
    looked_at: int
    how: str
    statement: str

    def __str__(self) -> str:
        return f"{self.looked_at} rows of {self.table} by {self.how} in: {self.statement[:300]}"


@contextlib.contextmanager
def explained(database: Database, org_id: uuid.UUID) -> Iterator[tuple[TenantSession, list[Scan]]]:
    """A session of the application role, and the scans of all that it runs, as they happen."""
    scans: list[Scan] = []
    engine = create_engine(driver_dsn(database.dsn("admin")))

    def connected(connection: psycopg.Connection[Any], _record: object) -> None:
        connection.add_notice_handler(lambda notice: scans.extend(_scans(notice.message_primary or "")))
        with connection.cursor() as cursor:
            cursor.execute(SETTINGS)
        connection.commit()

    event.listen(engine, "connect", connected)
    try:
        with TenantSession(engine) as session:
            bind_organization(session, org_id)
            assert session.execute(text("select current_user")).scalar_one() == "medspa_app"
            yield session, scans
    finally:
        engine.dispose()


def _scans(message: str) -> Iterator[Scan]:
    _, _, found = message.partition("plan:\n")
    if found:
        document = json.loads(found)
        yield from _walk(document["Plan"], " ".join(document["Query Text"].split()))


def _walk(node: dict[str, Any], statement: str) -> Iterator[Scan]:
    if "Relation Name" in node and node["Node Type"] != "ModifyTable":
        per_loop = node["Actual Rows"] + sum(
            node.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Index Recheck")
        )
        how = " on ".join(node[key] for key in ("Node Type", "Index Name") if key in node)
        yield Scan(node["Relation Name"], round(per_loop * node["Actual Loops"]), how, statement)
    for inner in node.get("Plans", []):
        yield from _walk(inner, statement)
