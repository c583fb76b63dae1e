"""Tables, keys, indexes, row security and grants of the marts, made from the contracts.

dbt never touches these: recreating a table would leave its row security off. Moving rows is run.py's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from pipelines.publish.contracts import Column, Contract, Index, load_contracts

_INDEXES = (
    "select indexname::text from pg_indexes"
    " where schemaname = 'marts' and tablename = '{mart}' and starts_with(indexname, 'ix_')"
)
_ORG = "(select nullif(current_setting('medspa.org_id', true), '')::uuid)"

OWN = (
    Contract(
        name="segment_member",
        description="One client in one segment as last evaluated.",
        columns=(
            Column("org_id", "uuid", True),
            Column("segment_code", "text", True),
            Column("client_key", "uuid", True),
            Column("definition_version", "integer", True),
            Column("as_of", "date", True),
            Column("batch_id", "bigint", True),
            Column("due_on", "date", False),
            Column("reason", "text", True),
        ),
        key=("org_id", "segment_code", "client_key"),
    ),
    Contract(
        name="segment_size",
        description="One segment as evaluated for one date: how many are in it, who came and who left.",
        columns=(
            Column("org_id", "uuid", True),
            Column("segment_code", "text", True),
            Column("as_of", "date", True),
            Column("definition_version", "integer", True),
            Column("batch_id", "bigint", True),
            Column("members", "integer", True),
            Column("entered", "integer", True),
            Column("left_since", "integer", True),
        ),
        key=("org_id", "segment_code", "as_of"),
    ),
    Contract(
        name="publication_state",
        description="What an organization's readers see: live, or certified when both batches are equal.",
        columns=(
            Column("org_id", "uuid", True),
            Column("live_batch_id", "bigint", True),
            Column("live_at", "timestamptz", True),
            Column("data_as_of", "timestamptz", False),
            Column("certified_batch_id", "bigint", False),
            Column("certified_at", "timestamptz", False),
        ),
        key=("org_id",),
    ),
)
"""Marts that are not dbt's: written by segments and by the publisher."""

_STATE = """
create schema if not exists meta;
create schema if not exists marts;
create table if not exists meta.build_run (
    build_id bigint generated always as identity primary key,
    batch_id bigint not null,
    from_batch bigint not null,
    is_full boolean not null,
    project_sha256 text not null,
    started_at timestamptz not null,
    completed_at timestamptz
);
create table if not exists meta.replaced_key (
    relation text not null,
    build_id bigint not null,
    org_id uuid not null,
    row_key jsonb not null
);
create index if not exists ix_replaced_key on meta.replaced_key (relation, build_id);
create table if not exists meta.check_run (
    build_id bigint not null,
    level text not null check (level in ('batch', 'full')),
    checked_at timestamptz not null,
    primary key (build_id, level)
);
create table if not exists meta.tieout_result (
    build_id bigint not null,
    batch_id bigint not null,
    level text not null,
    tieout text not null,
    org_id uuid,
    location_id uuid,
    business_date date,
    subject text not null,
    left_minor bigint not null,
    right_minor bigint not null,
    passed boolean not null,
    rows_named text[] not null default '{}',
    checked_at timestamptz not null
);
create index if not exists ix_tieout_result_build on meta.tieout_result (build_id, level);
create table if not exists meta.published (
    org_id uuid primary key,
    build_id bigint not null,
    batch_id bigint not null,
    published_at timestamptz not null
);
create table if not exists meta.publication (
    publication_id bigint generated always as identity primary key,
    build_id bigint not null,
    batch_id bigint not null,
    published_at timestamptz not null,
    organizations integer not null,
    blocked integer not null,
    rows_moved bigint not null
);
grant usage on schema meta, marts to medspa_build;
grant usage on schema marts to medspa_reporting;
grant select, insert, update, delete on
    meta.build_run, meta.replaced_key, meta.check_run, meta.tieout_result, meta.published, meta.publication
    to medspa_build;
drop view if exists meta.own_check;
create view meta.own_check with (security_barrier) as
select build_id, batch_id, tieout, location_id, business_date, subject, passed, checked_at,
    case when org_id is not null or tieout like 'suite %' then left_minor end as left_minor,
    case when org_id is not null or tieout like 'suite %' then right_minor end as right_minor,
    case when org_id is not null then rows_named else '{}' end as rows_named
from meta.tieout_result
where org_id is null or org_id = (select nullif(current_setting('medspa.org_id', true), '')::uuid);
grant usage on schema meta to medspa_reporting;
grant select on meta.own_check, meta.check_run to medspa_reporting;
"""
"""`own_check` is what one organization sees of the checks. Of one that concerns all of them it sees whether
it passed, and no figure but how many expectations of a suite held: the others' rows are counted in it."""


def all_marts() -> tuple[Contract, ...]:
    return (*load_contracts().values(), *OWN)


def migrate_marts(connection: Any) -> None:
    """Bring the marts to their contracts, inside the caller's transaction, as their owner.

    `connection` is SQLAlchemy's or psycopg's. A mart whose columns changed is made anew and filled by the
    next publication.
    """
    execute = getattr(connection, "exec_driver_sql", None) or connection.execute
    execute(_STATE)
    for contract in all_marts():
        found = execute(
            "select attname::text, format_type(atttypid, atttypmod), attnotnull from pg_attribute"
            f" where attrelid = to_regclass('marts.{contract.name}') and attnum > 0 and not attisdropped"
            " order by attnum"
        ).fetchall()
        if found and [tuple(row) for row in found] != _expected(contract):
            execute(f"drop table marts.{contract.name}")
            execute("delete from meta.published")
            found = []
        if not found:
            execute(_create(contract))
        for statement in _protect(contract):
            execute(statement)
        kept = {_called(contract, one) for one in contract.indexes}
        for (index,) in execute(_INDEXES.format(mart=contract.name)).fetchall():
            if index not in kept:
                execute(f'drop index marts."{index}"')


def _expected(contract: Contract) -> list[tuple[str, str, bool]]:
    return [
        (one.name, one.data_type.replace("timestamptz", "timestamp with time zone"), one.required)
        for one in contract.columns
    ]


def _create(contract: Contract) -> str:
    columns = ", ".join(
        f'"{one.name}" {one.data_type}{" not null" if one.required else ""}' for one in contract.columns
    )
    return f"create table marts.{contract.name} ({columns}, primary key ({', '.join(contract.key)}))"


def _called(contract: Contract, index: Index) -> str:
    """Its name: another one when it includes something else, for an index is made once."""
    if not index.includes:
        return f"ix_{contract.name}_{'_'.join(index.columns)}"[:63]
    included = hashlib.sha256(",".join(index.includes).encode()).hexdigest()[:8]
    return f"ix_{contract.name}_{index.columns[-1]}_{included}"


def _protect(contract: Contract) -> Iterator[str]:
    name = f"marts.{contract.name}"
    for index in contract.indexes:
        includes = f" include ({', '.join(index.includes)})" if index.includes else ""
        yield (
            f"create index if not exists {_called(contract, index)} on {name}"
            f" ({', '.join(index.columns)}){includes}"
        )
    yield f"alter table {name} enable row level security"
    yield f"alter table {name} force row level security"
    for policy, body in (
        ("owner_all", "for all to medspa_wh_owner using (true) with check (true)"),
        ("builder", "for all to medspa_build using (true) with check (true)"),
        ("tenant", f"for select to medspa_reporting using (org_id = {_ORG})"),
    ):
        yield f"drop policy if exists {policy} on {name}"
        yield f"create policy {policy} on {name} {body}"
    yield f"revoke all on {name} from medspa_build, medspa_reporting"
    yield f"grant select, insert, update, delete on {name} to medspa_build"
    yield f"grant select on {name} to medspa_reporting"
