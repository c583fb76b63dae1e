"""The tables of `raw` and `meta` as statements, from the contract. Applying them is schema.py's."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.contract import TableContract, contracts

BATCH_COLUMN = "_batch_id"
NIL = "'00000000-0000-0000-0000-000000000000'::uuid"
SCHEMAS = ("raw", "build", "marts", "meta")

META = """
create table if not exists meta.batch (
    batch_id bigint primary key,
    kind text not null check (kind in ('full', 'incremental')),
    reason text not null,
    lake_generation integer not null,
    snapshot text not null,
    source jsonb not null,
    key_generations jsonb not null,
    schema_hash text not null,
    manifest_sha256 text not null,
    extracted_at timestamptz not null,
    loaded_at timestamptz not null
);
create table if not exists meta.batch_table (
    batch_id bigint not null references meta.batch on delete cascade,
    table_name text not null,
    rows_landed bigint not null,
    inserted bigint not null,
    updated bigint not null,
    deleted bigint not null,
    primary key (batch_id, table_name)
);
create table if not exists meta.control_total (
    batch_id bigint not null,
    org_id uuid not null,
    table_name text not null,
    measure text not null,
    location_id uuid,
    business_date date,
    key text not null default '',
    value bigint not null,
    unique nulls not distinct (table_name, measure, org_id, location_id, business_date, key)
);
create table if not exists meta.watermark (
    only_one boolean primary key default true check (only_one),
    batch_id bigint not null,
    snapshot text not null,
    extracted_at timestamptz not null,
    checked_at timestamptz not null,
    loaded_at timestamptz not null
);
"""
LOOKUPS = {
    "invoice_line": "invoice_id",
    "credit_memo_line": "credit_memo_id",
    "appointment_item": "appointment_id",
    "appointment_history": "appointment_id",
    "occupancy": "appointment_id",
    "payment": "drawer_session_id",
    "payout": "drawer_session_id",
    "drawer_movement": "drawer_session_id",
}
"""Raw table → the parent by which an incremental build reads its rows again."""
META_TABLES = ("batch", "batch_table", "control_total", "watermark")


def columns(contract: TableContract) -> list[tuple[str, str]]:
    """(name, type) of a raw table's columns in order, the batch number last."""
    described = [(column.name, column.warehouse_type) for column in contract.columns]
    return [*described, (BATCH_COLUMN, "bigint")]


def create_raw(contract: TableContract) -> Iterator[str]:
    """A raw table with its source's primary key. Only the key is NOT NULL: rows are checked, not refused."""
    lines = [f"{name} {type_}" for name, type_ in columns(contract)]
    lines[-1] += " not null"
    lines.append(f"primary key ({', '.join(contract.key)})")
    yield f"create table if not exists raw.{contract.name} ({', '.join(lines)})"
    yield (
        f"create index if not exists brin_{contract.name}_batch on raw.{contract.name}"
        f" using brin ({BATCH_COLUMN}) with (pages_per_range = 32, autosummarize = on)"
    )
    if parent := LOOKUPS.get(contract.name):
        yield (
            f"create index if not exists ix_{contract.name}_{parent}"
            f" on raw.{contract.name} (org_id, {parent})"
        )


def create_before(contract: TableContract) -> Iterator[str]:
    """Where the old images of updated and deleted rows wait until the batch is published."""
    lines = ", ".join(f"{name} {type_}" for name, type_ in columns(contract))
    yield f"create table if not exists meta.before_{contract.name} ({lines})"
    yield (
        f"create index if not exists ix_before_{contract.name}_batch"
        f" on meta.before_{contract.name} ({BATCH_COLUMN})"
    )


def protect(relation: str) -> Iterator[str]:
    """Row security on a loader's table: the two service roles see all organizations, nobody else any."""
    yield f"alter table {relation} enable row level security"
    yield f"alter table {relation} force row level security"
    policies = (
        ("owner_all", "for all to medspa_wh_owner using (true) with check (true)"),
        ("load_all", "for all to medspa_load using (true) with check (true)"),
        ("build_read", "for select to medspa_build using (true)"),
    )
    for policy, body in policies:
        yield f"drop policy if exists {policy} on {relation}"
        yield f"create policy {policy} on {relation} {body}"
    yield f"revoke all on {relation} from medspa_load, medspa_build, medspa_reporting"
    yield f"grant select, insert, update, delete, truncate on {relation} to medspa_load"
    yield f"grant select on {relation} to medspa_build"
    # For statistics after a first load. Older servers have no such privilege and refuse with a warning.
    yield (
        "do $$ begin if current_setting('server_version_num')::integer >= 170000 then"
        f" execute 'grant maintain on {relation} to medspa_load'; end if; end $$"
    )


def grants() -> Iterator[str]:
    """Who may use the schemas, and the freshness that readers are shown."""
    yield "grant usage on schema raw, meta to medspa_load, medspa_build"
    yield "grant usage, create on schema build to medspa_build"
    yield "grant usage on schema marts, meta to medspa_reporting"
    yield "drop policy if exists freshness on meta.watermark"
    yield "create policy freshness on meta.watermark for select to medspa_reporting using (true)"
    yield "grant select on meta.watermark to medspa_reporting"


def relations() -> list[str]:
    """Every table of raw and meta that the loader keeps."""
    names = list(contracts())
    return [
        *(f"raw.{name}" for name in names),
        *(f"meta.before_{name}" for name in names),
        *(f"meta.{name}" for name in META_TABLES),
    ]
