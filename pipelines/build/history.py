"""Which build comes next: from which batch on, and whether from nothing. Kept in meta.build_run."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import psycopg

_LAST = """
select build_id, batch_id, project_sha256 from meta.build_run
where completed_at is not null order by build_id desc limit 1
"""
# A full build that died may have dropped views that incremental builds do not make again.
_DIED_FULL = """
select is_full and completed_at is null from meta.build_run order by build_id desc limit 1
"""
# A full read of the lake starts its batches again: then nothing of the old numbering holds.
_REBUILT = "select not exists (select 1 from meta.batch where batch_id = %(batch)s)"
_MOVED = """
select distinct table_name from meta.batch_table
where batch_id > %(batch)s and inserted + updated + deleted > 0 order by table_name
"""
_MERGES = """
select exists (select 1 from raw.client where _batch_id > %(batch)s and merged_into_id is not null)
    or exists (select 1 from meta.before_client where _batch_id > %(batch)s and merged_into_id is not null)
"""
# Facts carry these attributes of reference rows; when one of them changes, facts of any age change.
_REFERENCE_MOVED = """
select exists (
    select 1 from raw.location as now
    inner join meta.before_location as old on old.org_id = now.org_id and old.id = now.id
    where old._batch_id > %(batch)s and (now.legal_entity_id, now.timezone, now.cutover_hour)
        is distinct from (old.legal_entity_id, old.timezone, old.cutover_hour)
) or exists (
    select 1 from raw.service as now
    inner join meta.before_service as old on old.org_id = now.org_id and old.id = now.id
    where old._batch_id > %(batch)s and now.category_id <> old.category_id
) or exists (
    select 1 from raw.drawer as now
    inner join meta.before_drawer as old on old.org_id = now.org_id and old.id = now.id
    where old._batch_id > %(batch)s and (now.name, now.kind) <> (old.name, old.kind)
) or exists (
    select 1 from raw.ledger_account as now
    inner join meta.before_ledger_account as old on old.code = now.code
    where old._batch_id > %(batch)s and now.kind <> old.kind
)
"""


@dataclass(frozen=True)
class Plan:
    """`built` is the complete build of the same batch and project, if nothing is to be done."""

    batch_id: int
    from_batch: int
    full: bool
    merges: bool
    project_sha256: str
    moved: tuple[str, ...] = ()
    """Raw tables that a batch touched since `from_batch`: only models behind them are run."""
    built: int | None = None
    standing: bool = False
    """Views and tables are those of this version of the project: a full build need not make them again."""


def plan(connection: psycopg.Connection, batch_id: int, project_sha256: str, *, full: bool) -> Plan:
    last = connection.execute(_LAST).fetchone()
    whole = Plan(batch_id, from_batch=0, full=True, merges=False, project_sha256=project_sha256)
    if full or last is None or last[2] != project_sha256:
        return whole
    died = connection.execute(_DIED_FULL).fetchone()
    if died is not None and died[0]:
        return whole
    build_id, last_batch = int(last[0]), int(last[1])
    # Batch 0 is the empty warehouse before its first.
    if last_batch > batch_id or (last_batch and _true(connection, _REBUILT, last_batch)):
        return whole
    if last_batch == batch_id:
        return Plan(batch_id, last_batch, False, False, project_sha256, built=build_id)
    if _true(connection, _REFERENCE_MOVED, last_batch):
        return replace(whole, standing=True)
    merges = _true(connection, _MERGES, last_batch)
    moved = tuple(row[0] for row in connection.execute(_MOVED, {"batch": last_batch}))
    return Plan(batch_id, last_batch, False, merges, project_sha256, moved)


def start(connection: psycopg.Connection, planned: Plan, now: dt.datetime) -> int:
    """Record that a build begins; returns its number."""
    row = connection.execute(
        "insert into meta.build_run (batch_id, from_batch, is_full, project_sha256, started_at)"
        " values (%s, %s, %s, %s, %s) returning build_id",
        (planned.batch_id, planned.from_batch, planned.full, planned.project_sha256, now),
    ).fetchone()
    if row is None:
        raise RuntimeError("the build was not recorded")
    return int(row[0])


def complete(connection: psycopg.Connection, build_id: int, now: dt.datetime) -> None:
    connection.execute("update meta.build_run set completed_at = %s where build_id = %s", (now, build_id))


def _true(connection: psycopg.Connection, query: str, batch: int) -> bool:
    row = connection.execute(query, {"batch": batch}).fetchone()
    return bool(row and row[0])
