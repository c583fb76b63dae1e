"""Whose rows these are: enough about the source to notice that it is no longer the one read before.

Change capture trusts transaction numbers, and those are only comparable within one history. Needs no
superuser; what a managed server hides is left empty and the rest still tells.

An older copy of the very same server (files or a volume put back, unflushed commits lost in a crash) has the
same identity, and once enough was written its transaction numbers are ahead of the watermark again. So each
extraction leaves a mark in the store, after its snapshot: every commit the snapshot showed was written before
the mark, so a store that has lost one of them has lost the mark too.
"""

from __future__ import annotations

import dataclasses
import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg

_SYSTEM = "select system_identifier::text from pg_control_system()"
_TIMELINE = "select left(pg_walfile_name(pg_current_wal_lsn()), 8)"
_DATABASE = """
    select deid.store_id()::text, d.oid::bigint,
        (select string_agg(c.oid::text, ',' order by c.oid) from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
           and c.relname in (select v.relname from pg_class v where v.relnamespace = 'deid'::regnamespace))
    from pg_database d where d.datname = current_database()
"""
_HIDDEN = """
    select not has_function_privilege('pg_control_system()', 'execute'),
        not (has_function_privilege('pg_walfile_name(pg_lsn)', 'execute')
             and has_function_privilege('pg_current_wal_lsn()', 'execute'))
"""


@dataclass(frozen=True)
class SourceIdentity:
    """`system` and `timeline` change with a restore or failover, `database` and `tables` with a reload."""

    store: str
    system: str
    timeline: str
    database: int
    tables: str

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def read_identity(connection: psycopg.Connection[Any]) -> SourceIdentity:
    """The identity of the connected store, inside the caller's transaction."""
    hides_system, hides_timeline = _one(connection, _HIDDEN)
    system = "" if hides_system else _one(connection, _SYSTEM)[0]
    timeline = "" if hides_timeline else _one(connection, _TIMELINE)[0]
    store, database, tables = _one(connection, _DATABASE)
    digest = hashlib.sha256((tables or "").encode()).hexdigest()[:16]
    return SourceIdentity(store, system, timeline, database, digest)


def difference(previous: dict[str, Any], current: SourceIdentity) -> str:
    """What differs, in a word for the manifest; empty when it is the same store with the same history."""
    for field in ("store", "system", "timeline", "database", "tables"):
        if previous.get(field) != getattr(current, field):
            return f"source_{field}_changed"
    return ""


def leave_mark(connection: psycopg.Connection[Any]) -> str:
    """Leave a new mark and answer it. The snapshot must be taken before and the manifest finished after."""
    mark = str(uuid.uuid4())
    connection.execute("select capture.leave_mark(%s)", (mark,))
    return mark


def knows_mark(connection: psycopg.Connection[Any], mark: str | None) -> bool:
    """Whether the store's past contains the extraction that left `mark`."""
    return bool(_one(connection, "select capture.knows_mark(%s)", mark)[0])


def _one(connection: psycopg.Connection[Any], query: str, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), values or None).fetchone()
    if row is None:
        raise LookupError("the source answered no row about itself")
    return tuple(row)
