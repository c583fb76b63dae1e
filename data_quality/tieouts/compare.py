"""Runs the tie-outs that are SQL over the warehouse, and names the rows behind a difference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from data_quality.results import Level, Result

HERE = Path(__file__).parent
_SCOPE = re.compile(r"\{scope:(\w+)\}")
_NAMED = 20
"""Rows named per failed group."""

_DATED = ("posting", "invoice_line", "payment", "payout", "credit_memo", "refund_failure")
# The days that the build wrote or emptied, and those that the loader says it should have.
_CHOOSE_SCOPE = """
create temporary table scope on commit drop as
select distinct org_id, location_id, business_date from build.agg_daily_close_out where _build_id = %(build)s
union
select (row_key ->> 'org_id')::uuid, (row_key ->> 'location_id')::uuid, (row_key ->> 'business_date')::date
from meta.replaced_key where relation = 'agg_daily_close_out' and build_id = %(build)s
""" + "".join(
    f"""
union
select org_id, location_id, business_date from {relation}
where _batch_id > (select from_batch from meta.build_run where build_id = %(build)s)
    and business_date is not null
"""
    for table in _DATED
    for relation in (f"raw.{table}", f"meta.before_{table}")
)
_JOIN = (
    "inner join scope on scope.org_id = {0}.org_id and scope.location_id = {0}.location_id"
    " and scope.business_date = {0}.business_date"
)
# What differs row by row, what is equal as one row per organization: days and accounts are many.
_COMPARED = """
select org_id, location_id, business_date, subject, passed, count(*)::integer as groups,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select org_id, passed, left_minor, right_minor,
        case when not passed then location_id end as location_id,
        case when not passed then business_date end as business_date,
        case when not passed then subject end as subject
    from (
        select told.*, told.left_minor is not distinct from told.right_minor as passed from (
{}
        ) as told
    ) as judged
) as named
group by org_id, location_id, business_date, subject, passed
order by passed, org_id, location_id, business_date, subject
"""
# Postings of a day that only one side has, by token.
_ONE_SIDED = """
select distinct coalesce(raw.id, built.posting_id)::text as token
from (select id, account, amount_minor from raw.posting
      where org_id = %(org)s and location_id = %(location)s and business_date = %(date)s) as raw
full outer join (select posting_id, account, amount_minor from build.fct_posting
      where org_id = %(org)s and location_id = %(location)s and business_date = %(date)s) as built
    on built.posting_id = raw.id and built.amount_minor = raw.amount_minor and built.account = raw.account
where raw.id is null or built.posting_id is null
order by 1 limit %(limit)s
"""
_NEGATIVE = """
select movement.invoice_id::text as token from build.fct_ar_movement as movement
inner join build.fct_business_day as day on day.org_id = movement.org_id
    and day.location_id = movement.location_id and day.business_date = movement.business_date
    and day.status = 'closed'
where movement.org_id = %(org)s
group by movement.invoice_id having sum(movement.amount_minor) < 0 order by 1 limit %(limit)s
"""


def names() -> list[str]:
    """Every tie-out that is a file here."""
    return sorted(path.stem for path in HERE.glob("*.sql"))


def compare(connection: psycopg.Connection[Any], build_id: int, level: Level) -> Iterator[Result]:
    """Run every tie-out of the level in the connection's transaction."""
    if level == "batch":
        connection.execute(_CHOOSE_SCOPE, {"build": build_id})
    for name in names():
        query = (HERE / f"{name}.sql").read_text()
        if level == "batch" and not _SCOPE.search(query):
            continue
        yield from run_one(connection, name, query, level)


def run_one(
    connection: psycopg.Connection[Any], name: str, query: str, level: Level = "full"
) -> Iterator[Result]:
    """One tie-out: its failed groups one by one, what passed as one result per organization."""
    rendered = _SCOPE.sub(lambda found: _JOIN.format(found[1]) if level == "batch" else "", query)
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_COMPARED.format(rendered).encode()).fetchall()
    for row in rows:
        if row["passed"]:
            yield Result(tieout=name, **{**row, "subject": f"{row['groups']} compared"})
        else:
            yield Result(tieout=name, **{**row, "groups": 1}, rows=_culprits(connection, name, row))


def _culprits(connection: psycopg.Connection[Any], name: str, row: dict[str, Any]) -> tuple[str, ...]:
    bound = {
        "org": row["org_id"],
        "location": row["location_id"],
        "date": row["business_date"],
        "limit": _NAMED,
    }
    if name == "invoices_not_negative":
        query = _NEGATIVE
    elif row["location_id"] is not None and row["business_date"] is not None:
        query = _ONE_SIDED
    else:
        return ()
    return tuple(found[0] for found in connection.execute(query, bound).fetchall())
