-- The audit trail: who opened protected health information (access), what was read and which clients were
-- returned (disclosure), and the signed blocks that make a later change show (block). Append-only.

-- Transaction ids start again on a restored server: rows and blocks belong to an epoch of ids.
create table if not exists audit.epoch (
    id integer primary key,
    system_identifier bigint not null,
    started_at timestamptz not null default clock_timestamp()
);

create table if not exists audit.access (
    org_id uuid not null,
    at timestamptz not null,
    id uuid not null default gen_random_uuid(),
    epoch integer not null,
    xid bigint not null,
    written_at timestamptz not null default clock_timestamp(),
    app_time timestamptz not null,
    actor_kind text not null check (actor_kind ~ '^[a-z_]{1,40}$'),
    actor_id uuid not null,
    purpose text not null check (purpose ~ '^[a-z_]{1,40}$'),
    origin text not null check (origin ~ '^[a-z0-9:_./-]{1,80}$'),
    primary key (org_id, at, id)
) partition by range (at);

create table if not exists audit.disclosure (
    org_id uuid not null,
    at timestamptz not null,
    id uuid not null default gen_random_uuid(),
    epoch integer not null,
    xid bigint not null,
    written_at timestamptz not null default clock_timestamp(),
    access_id uuid not null,
    view text check (view ~ '^[a-z0-9:_./-]{1,80}$'),
    columns text[] not null,
    client_ids uuid[] not null,
    primary key (org_id, at, id)
) partition by range (at);

-- A month that nobody prepared lands here: no row is lost and no read is refused for want of a partition.
create table if not exists audit.access_default partition of audit.access default;
create table if not exists audit.disclosure_default partition of audit.disclosure default;
create index if not exists ix_access_xid on audit.access using brin (xid);
create index if not exists ix_disclosure_xid on audit.disclosure using brin (xid);
create index if not exists ix_disclosure_client on audit.disclosure using gin (client_ids);

-- Which transaction holds which header. Unlogged: it only matters while its transaction runs. One small
-- table instead of every month's partition keeps the gate's look-up at one index probe for ever.
create unlogged table if not exists audit.gate (
    org_id uuid not null,
    xid bigint not null,
    at timestamptz not null,
    access_id uuid not null,
    epoch integer not null,
    primary key (org_id, xid, access_id)
);

create table if not exists audit.block (
    number bigint primary key check (number > 0),
    format smallint not null,
    epoch integer not null references audit.epoch,
    from_xid bigint not null,
    to_xid bigint not null check (to_xid > from_xid),
    row_count integer not null check (row_count > 0),
    entries bytea not null,
    previous bytea not null check (length(previous) = 32),
    hash bytea not null check (length(hash) = 32),
    sealed_at timestamptz not null,
    key_id text not null,
    signature bytea not null,
    unique (epoch, from_xid)
);

create or replace function audit.refuse_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('medspa.audit_moving', true) = 'on' then
        return old;
    end if;
    raise exception 'audit rows are never changed' using errcode = 'insufficient_privilege';
end $$;
create or replace trigger append_only before update or delete on audit.access
    for each row execute function audit.refuse_change();
create or replace trigger append_only before update or delete on audit.disclosure
    for each row execute function audit.refuse_change();
create or replace trigger append_only before update or delete on audit.block
    for each row execute function audit.refuse_change();

do $$ declare t text; begin
    foreach t in array array['access', 'disclosure', 'access_default', 'disclosure_default', 'gate'] loop
        execute format('alter table audit.%I enable row level security', t);
        execute format('alter table audit.%I force row level security', t);
        execute format('drop policy if exists owner_all on audit.%I', t);
        execute format(
            'create policy owner_all on audit.%I for all to medspa_owner using (true) with check (true)', t);
    end loop;
    foreach t in array array['access', 'disclosure'] loop
        execute format('drop policy if exists whole on audit.%I', t);
        execute format(
            'create policy whole on audit.%I for select to medspa_maintenance, medspa_backup using (true)', t);
    end loop;
end $$;

revoke all on all tables in schema audit from public, medspa_app, medspa_maintenance, medspa_backup;
grant usage on schema audit to medspa_maintenance, medspa_backup;
grant select on audit.access, audit.disclosure, audit.block, audit.epoch to medspa_maintenance, medspa_backup;
grant insert on audit.block to medspa_maintenance;
