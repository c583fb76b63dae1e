"""Keeps the control totals of a batch, and compares its row counts with the loaded tables.

What the source counts and sums is decided in pipelines/extract/controls.py.
"""

from __future__ import annotations

from typing import Any

from pipelines.errors import ControlTotalsDiffer
from pipelines.extract.controls import TOUCHED
from pipelines.land.manifest import Totals
from pipelines.load.ddl import NIL

ANALYZE_FROM = 10_000
"""Staged rows from which statistics are worth their time; below, the planner's guess does no harm."""
UNCOUNTED = "uncounted"
"""Measure of the mark that a table's rows were not counted since it moved; the next whole count ends it."""
COUNTED = f"select not exists (select from meta.control_total where measure = '{UNCOUNTED}')"
"""Whether every table was counted in the source since it moved."""
STAGED = "stage_control_total"
STAGE = (
    f"create temporary table {STAGED} (org_id uuid, table_name text, measure text,"
    " location_id uuid, business_date date, key text, value bigint) on commit drop"
)
_TOTALS = "org_id, table_name, measure, location_id, business_date, key, value"
# Most totals of a batch are those of the one before, and every day of a location has several: both are hashed
# once and only what moved is written. Sorting both for a merge took five times as long.
_MOVED = (
    "create temporary table moved_control_total on commit drop as"
    f" select old.ctid as old_row, new.* from meta.control_total old full join {STAGED} new"
    " on new.table_name = old.table_name and new.measure = old.measure and new.org_id = old.org_id"
    f" and coalesce(new.location_id, {NIL}) = coalesce(old.location_id, {NIL})"
    " and coalesce(new.business_date, 'infinity') = coalesce(old.business_date, 'infinity')"
    " and new.key = old.key"
    " where new.value is distinct from old.value"
)
_FORGET_MOVED = (
    "delete from meta.control_total using moved_control_total moved where control_total.ctid = moved.old_row"
)
_FORGET_TOUCHED = (
    f"delete from meta.control_total old using {STAGED} mark"
    f" where mark.measure = '{TOUCHED}' and old.table_name = mark.table_name and old.measure = mark.key"
    " and old.org_id = mark.org_id and old.location_id = mark.location_id"
    " and old.business_date = mark.business_date"
)


def keep(cursor: Any, batch_id: int, totals: Totals, landed: int, tables: tuple[str, ...]) -> None:
    """Take over the `landed` staged totals of a batch that moved `tables`. Raises ControlTotalsDiffer."""
    if landed >= ANALYZE_FROM:
        cursor.execute(f"analyze {STAGED}")
    if totals == "touched":
        cursor.execute(_FORGET_TOUCHED)
        cursor.execute(_insert(batch_id, f"{STAGED} where measure <> '{TOUCHED}'"))
        for table in tables:
            mark = f"(select {NIL}, '{table}', '{UNCOUNTED}', null::uuid, null::date, '', 0) mark ({_TOTALS})"
            cursor.execute(f"{_insert(batch_id, mark)} on conflict do nothing")
        return
    cursor.execute(f"select table_name from meta.control_total where measure = '{UNCOUNTED}'")
    # What moved since the last whole count is compared now: a loss there is healed as one of this batch is.
    moved = {*tables, *(row[0] for row in cursor.fetchall())}
    cursor.execute("select count(*) from (select from meta.control_total limit 1) t")
    if cursor.fetchone()[0]:
        cursor.execute("set local enable_mergejoin = off")
        cursor.execute(_MOVED)
        cursor.execute("set local enable_mergejoin = on")
        cursor.execute(_FORGET_MOVED)
        # Without an organization: totals that are no more.
        cursor.execute(_insert(batch_id, "moved_control_total where org_id is not null"))
    else:
        cursor.execute(_insert(batch_id, STAGED))
    if landed >= ANALYZE_FROM:
        cursor.execute("analyze meta.control_total")
    _check_counts(cursor, tuple(sorted(moved)))


def _insert(batch_id: int, source: str) -> str:
    return f"insert into meta.control_total (batch_id, {_TOTALS}) select {batch_id}, {_TOTALS} from {source}"


def _check_counts(cursor: Any, tables: tuple[str, ...]) -> None:
    """The moved tables hold as many rows as the source counted; a silent restore of the source shows here."""
    if not tables:
        return
    counted = " union all ".join(
        f"select '{name}' as table_name, count(*) as held from raw.{name}" for name in tables
    )
    cursor.execute(
        f"select h.table_name from ({counted}) h left join (select table_name, sum(value) as value"
        f" from {STAGED} where measure = 'rows' group by table_name) c using (table_name)"
        " where h.held <> coalesce(c.value, 0) order by 1"
    )
    if wrong := [row[0] for row in cursor.fetchall()]:
        raise ControlTotalsDiffer(f"Row counts differ from the source's in {', '.join(wrong)}.")
