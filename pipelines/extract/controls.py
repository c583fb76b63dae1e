"""Control totals: what the source itself counts and sums in the snapshot that is extracted.

Tie-outs compare the warehouse with these, never with the live store. A measure is a row per
organization, location, business date and key. What is certified rests on whole totals; a batch that only
has to be shown soon carries those of the days it touched, for counting a store takes as long as it is old
(docs/adr/0016-totals-of-the-days-touched.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.contract import contracts
from pipelines.extract.read import written_since
from pipelines.extract.snapshot import Watermark

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
TOUCHED = "touched"
"""Measure of the mark that a day's totals were counted again: its key is the measure, its value nothing."""
_MEASURES = {
    "posting": "amount_minor",
    "invoice_line": "total_minor",
    "payment": "amount_minor",
    "payout": "amount_minor",
    "refund_failure": "amount_minor",
    "credit_memo": "total_minor",
}
"""Table of controls.sql → its measure. Lines of a credit memo are written with it and never change."""
_NIL = "'00000000-0000-0000-0000-000000000000'::uuid"


def whole() -> str:
    """One statement over every table: row counts per organization, and the money totals of controls.sql."""
    counts = [
        f"select {'org_id' if table.has_organization else _NIL} as org_id, '{name}' as table_name,"
        " 'rows' as measure, null::uuid as location_id, null::date as business_date, '' as key,"
        f" count(*)::bigint as value from deid.{name} {'group by org_id' if table.has_organization else ''}"
        for name, table in contracts().items()
    ]
    return " union all ".join([*counts, _money(dict.fromkeys(_MEASURES, ""))])


def of_days_touched(previous: Watermark, current: Watermark) -> str:
    """The money totals of each day of a location in which a row was written since, and a mark for each."""
    touched = ", ".join(
        f"touched_{name} as materialized (select distinct org_id, location_id, business_date"
        f" from deid.{name} where {written_since(previous, current)} and business_date is not null)"
        for name in _MEASURES
    )
    marks = [
        f"select org_id, '{name}' as table_name, '{TOUCHED}' as measure, location_id, business_date,"
        f" '{measure}' as key, 0::bigint as value from touched_{name}"
        for name, measure in _MEASURES.items()
    ]
    joined = {name: f"join touched_{name} using (org_id, location_id, business_date)" for name in _MEASURES}
    return f"with {touched} {' union all '.join([*marks, _money(joined)])}"


def _money(days: dict[str, str]) -> str:
    return (Path(__file__).parent / "controls.sql").read_text().format_map(days)


def control_totals(reader: Any, query: str) -> Iterator[pa.Table]:
    """The totals of a columnar reader's snapshot, a part at a time: every day of a location has some."""
    with reader.cursor() as cursor:
        cursor.execute(f"set local work_mem = '{_WORK_MEM}'")
        cursor.execute(query)
        for batch in cursor.fetch_record_batch():
            yield pa.Table.from_batches([batch]).replace_schema_metadata(None).cast(SCHEMA)
