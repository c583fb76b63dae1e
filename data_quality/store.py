"""Keeps results in the warehouse, where publication reads them. One set per build."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import psycopg

from data_quality.results import Level, Result

_INSERT = """
insert into meta.tieout_result
    (build_id, batch_id, level, tieout, org_id, location_id, business_date, subject,
    left_minor, right_minor, passed, rows_named, checked_at)
values (%(build)s, %(batch)s, %(level)s, %(tieout)s, %(org)s, %(location)s, %(date)s, %(subject)s,
    %(left)s, %(right)s, %(passed)s, %(rows)s, %(now)s)
"""


def newest_build(connection: psycopg.Connection[Any]) -> tuple[int, int] | None:
    """(build, batch) of the newest build, if it is complete."""
    row = connection.execute(
        "select build_id, batch_id, completed_at from meta.build_run order by build_id desc limit 1"
    ).fetchone()
    return None if row is None or row[2] is None else (int(row[0]), int(row[1]))


def keep(
    connection: psycopg.Connection[Any],
    build_id: int,
    batch_id: int,
    level: Level,
    results: Sequence[Result],
    now: dt.datetime,
) -> None:
    """Replace the results of the build, of whichever level: the newest check is the one that counts."""
    for table in ("tieout_result", "check_run"):
        connection.execute(f"delete from meta.{table} where build_id = %s".encode(), (build_id,))
    with connection.cursor() as cursor:
        cursor.executemany(
            _INSERT,
            [
                {
                    "build": build_id, "batch": batch_id, "level": level, "tieout": one.tieout,
                    "org": one.org_id, "location": one.location_id, "date": one.business_date,
                    "subject": one.subject, "left": one.left_minor, "right": one.right_minor,
                    "passed": one.passed, "rows": list(one.rows), "now": now,
                }
                for one in results
            ],
        )  # fmt: skip
    connection.execute(
        "insert into meta.check_run (build_id, level, checked_at) values (%s, %s, %s)", (build_id, level, now)
    )
