"""What the checks found, run by run: suites and tie-outs, their two sides, and what is certified by them.

Read as the reporting role from the organization's own view of the checks. The checks are data_quality's.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text

from reporting_api.errors import NoData
from reporting_api.queries import bind

RUNS = 30
"""Runs whose history is shown."""
SUITE = "suite "
_STATE = text(
    "select live_batch_id, live_at, data_as_of, certified_batch_id, certified_at"
    " from marts.publication_state where org_id = :org"
)
_RUNS = text(
    """
    with runs as (
        select build_id, level, checked_at from meta.check_run order by build_id desc limit :runs
    )
    select runs.build_id, runs.level, runs.checked_at, max(own.batch_id) as batch_id,
        count(distinct own.tieout) as checks,
        count(distinct own.tieout) filter (where not own.passed) as failed
    from runs inner join meta.own_check own on own.build_id = runs.build_id
    group by runs.build_id, runs.level, runs.checked_at
    order by runs.build_id desc
    """
)
_RESULTS = text(
    "select tieout, location_id, business_date, subject, left_minor, right_minor, passed, rows_named"
    " from meta.own_check where build_id = :build"
    " order by passed, tieout, location_id, business_date, subject"
)
_LOCATIONS = text("select location_id, name from marts.dim_location where org_id = :org")


@dataclass(frozen=True, slots=True)
class Difference:
    """One group that does not tie out. Sides are empty for who may not see them."""

    check: str
    location: str
    business_date: dt.date | None
    subject: str
    left: int | None
    right: int | None
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One suite or tie-out of a run; `left` and `right` are its sides over all its groups."""

    name: str
    passed: bool
    groups: int
    left: int | None
    right: int | None
    told: str


@dataclass(frozen=True, slots=True)
class Run:
    build_id: int
    batch_id: int
    level: str
    checked_at: dt.datetime
    checks: int
    failed: int


@dataclass(frozen=True, slots=True)
class Quality:
    state: Any
    runs: list[Run]
    chosen: Run | None
    suites: list[Check]
    tieouts: list[Check]
    differences: list[Difference]


def quality(
    engine: Engine, org_id: uuid.UUID, allowed: Collection[uuid.UUID] | None, build_id: int | None
) -> Quality:
    """The run `build_id`, or the newest, beside the others. `allowed`: locations the reader may see.

    A reader of some locations sees whether a check passed, and the differences of those locations only.
    """
    with engine.connect() as connection, connection.begin():
        bind(connection, org_id)
        state = connection.execute(_STATE, {"org": org_id}).one()
        runs = [
            Run(one.build_id, one.batch_id, one.level, one.checked_at, one.checks, one.failed)
            for one in connection.execute(_RUNS, {"runs": RUNS})
        ]
        chosen = next((one for one in runs if build_id in (None, one.build_id)), None)
        if build_id is not None and chosen is None:
            raise NoData("This run is not among the last ones.")
        rows = connection.execute(_RESULTS, {"build": chosen.build_id}).all() if chosen else []
        names = _names(connection, org_id)
    checks = _checks(rows, whole=allowed is None)
    return Quality(
        state=state,
        runs=runs,
        chosen=chosen,
        suites=[one for one in checks if one.name.startswith(SUITE)],
        tieouts=[one for one in checks if not one.name.startswith(SUITE)],
        differences=[
            Difference(
                row.tieout,
                names.get(row.location_id, "All locations"),
                row.business_date,
                row.subject,
                row.left_minor,
                row.right_minor,
                tuple(row.rows_named),
            )
            for row in rows
            if not row.passed and (allowed is None or row.location_id in allowed)
        ],
    )


def _names(connection: Connection, org_id: uuid.UUID) -> dict[uuid.UUID, str]:
    return {row.location_id: row.name for row in connection.execute(_LOCATIONS, {"org": org_id})}


def _checks(rows: Any, *, whole: bool) -> list[Check]:
    """One line per check. Its sides are of the whole organization, so only who reads all of it sees them."""
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row.tieout, []).append(row)
    found = []
    for name, some in sorted(grouped.items(), key=lambda one: (all(row.passed for row in one[1]), one[0])):
        sides = [(row.left_minor, row.right_minor) for row in some if row.left_minor is not None]
        seen = bool(sides) and (whole or name.startswith(SUITE))
        found.append(
            Check(
                name=name,
                passed=all(row.passed for row in some),
                groups=len(some),
                left=sum(pair[0] for pair in sides) if seen else None,
                right=sum(pair[1] for pair in sides) if seen else None,
                told=some[0].subject if len(some) == 1 else f"{len(some)} results",
            )
        )
    return found
