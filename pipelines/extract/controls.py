"""Control totals: what the source itself counts and sums in the snapshot that is extracted.

Tie-outs compare the warehouse with these, never with the live store. A measure is a row per
organization, location, business date and key.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
_WORK_MEM = "64MB"
"""For the groups: a day of a location has several, and there are as many as the store is old."""
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


def control_totals(reader: Any) -> Iterator[pa.Table]:
    """The totals of a columnar reader's snapshot, a part at a time: every day of a location has some."""
    with reader.cursor() as cursor:
        cursor.execute(f"set local work_mem = '{_WORK_MEM}'")
        cursor.execute(query())
        for batch in cursor.fetch_record_batch():
            yield pa.Table.from_batches([batch]).replace_schema_metadata(None).cast(SCHEMA)
