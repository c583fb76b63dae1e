"""Keeps the outcome of every check in the operational store, for the warehouse can be made again without it.

Reading the results and writing them needs both stores, so it is done here and by neither of them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import func, select

from medspa.kernel.database import TenantSession, make_engine, session_scope
from medspa.kernel.settings import Settings
from operational.models import TieoutResult

_ORGANIZATIONS = "select org_id from build.dim_organization order by org_id"
_NEWEST = """
select batch_id, checked_at, tieout, org_id, location_id, business_date, left_minor, right_minor, passed
from meta.tieout_result
where build_id = (select max(build_id) from meta.check_run)
order by tieout, org_id, location_id, business_date, subject
"""


def keep_results(settings: Settings) -> int:
    """Copy the results of the newest check, each organization's to it; what concerns all goes to each.

    Copying the same check again adds nothing. Returns the rows written.
    """
    with psycopg.connect(settings.warehouse_dsn("build"), application_name="medspa-tieouts") as connection:
        results = connection.execute(_NEWEST).fetchall()
        organizations = [row[0] for row in connection.execute(_ORGANIZATIONS)] if results else []
    by_organization: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    for result in results:
        for org_id in [result[3]] if result[3] is not None else organizations:
            by_organization[org_id].append(result)
    engine = make_engine(settings.operational_dsn("app"), application_name="medspa-tieouts")
    try:
        written = 0
        for org_id, own in by_organization.items():
            with session_scope(engine, org_id) as session:
                if not _kept(session, own[0][0], own[0][1]):
                    session.add_all(_row(org_id, result) for result in own)
                    written += len(own)
        return written
    finally:
        engine.dispose()


def _kept(session: TenantSession, batch_id: int, checked_at: dt.datetime) -> bool:
    newest = session.scalar(
        select(func.max(TieoutResult.created_at)).where(TieoutResult.batch_id == batch_id)
    )
    return newest is not None and newest >= checked_at


def _row(org_id: UUID, result: tuple[Any, ...]) -> TieoutResult:
    batch_id, checked_at, tieout, _, location_id, business_date, left, right, passed = result
    return TieoutResult(
        org_id=org_id,
        batch_id=batch_id,
        tieout=tieout,
        location_id=location_id,
        business_date=business_date,
        left_minor=left,
        right_minor=right,
        passed=passed,
        created_at=checked_at,
    )
