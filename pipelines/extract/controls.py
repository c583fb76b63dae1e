"""Control totals: what the source itself counts and sums in the snapshot that is extracted.

Tie-outs compare the warehouse with these, never with the live store. A measure is a row per
organization, location, business date and key.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa

from pipelines.contract import contracts

SCHEMA = pa.schema(
    [
        ("org_id", pa.uuid()),
        ("table_name", pa.string()),
        ("measure", pa.string()),
        ("location_id", pa.uuid()),
        ("business_date", pa.date32()),
        ("key", pa.string()),
        ("value", pa.int64()),
    ]
)
_NIL = "'00000000-0000-0000-0000-000000000000'::uuid"


def query() -> str:
    """One statement over every table: row counts per organization, and the money totals of controls.sql."""
    counts = [
        f"select {'org_id' if table.has_organization else _NIL} as org_id, '{name}' as table_name,"
        " 'rows' as measure, null::uuid as location_id, null::date as business_date, '' as key,"
        f" count(*)::bigint as value from deid.{name} {'group by org_id' if table.has_organization else ''}"
        for name, table in contracts().items()
    ]
    money = (Path(__file__).parent / "controls.sql").read_text()
    return " union all ".join([*counts, money])


def control_totals(connection: psycopg.Connection[Any]) -> pa.Table:
    """The totals of the connection's snapshot, sorted."""
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute((query() + " order by 2, 3, 1, 4, 5, 6").encode()).fetchall()
    columns = list(zip(*rows, strict=True)) or [()] * len(SCHEMA)
    arrays = [
        pa.ExtensionArray.from_storage(
            pa.uuid(), pa.array([None if v is None else v.bytes for v in column], pa.binary(16))
        )
        if field.type == pa.uuid()
        else pa.array(column, field.type)
        for field, column in zip(SCHEMA, columns, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
