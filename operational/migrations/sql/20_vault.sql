-- The vault: wrapped keys, never a plain one. An organization's key is wrapped by the master key outside the
-- database, a client's data key by the organization's. The schema is left out of database backups, so
-- destroying a client's key shreds that client's texts in every copy.

create table if not exists vault.organization_key (
    org_id uuid primary key references organization (org_id),
    wrapped bytea not null,
    created_at timestamptz not null default clock_timestamp()
);
create table if not exists vault.data_key (
    org_id uuid not null,
    client_id uuid not null,
    wrapped bytea,
    created_at timestamptz not null default clock_timestamp(),
    destroyed_at timestamptz,
    primary key (org_id, client_id),
    foreign key (org_id, client_id) references client (org_id, id),
    check ((wrapped is null) = (destroyed_at is not null))
);
-- Never rotated in place: a new generation is a new generation of the lake.
create table if not exists vault.token_key (
    org_id uuid not null references organization (org_id),
    generation integer not null check (generation > 0),
    wrapped bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (org_id, generation)
);

do $$ declare t text; begin
    foreach t in array array['organization_key', 'data_key', 'token_key'] loop
        execute format('alter table vault.%I enable row level security', t);
        execute format('alter table vault.%I force row level security', t);
        execute format('drop policy if exists owner_all on vault.%I', t);
        execute format(
            'create policy owner_all on vault.%I for all to medspa_owner using (true) with check (true)', t);
    end loop;
end $$;
revoke all on all tables in schema vault
    from public, medspa_app, medspa_maintenance, medspa_backup, medspa_extract, medspa_publish, medspa_deid;
revoke usage on schema vault from medspa_backup, medspa_extract, medspa_publish, medspa_deid;
grant usage on schema vault to medspa_app, medspa_maintenance;

-- Each returns the stored wrapped key; a key that is missing is stored as offered (null offers none).
create or replace function vault.organization_key(p_offered bytea) returns bytea
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_org uuid := audit.organization();
begin
    if p_offered is not null then
        insert into vault.organization_key (org_id, wrapped) values (v_org, p_offered) on conflict do nothing;
    end if;
    return (select k.wrapped from vault.organization_key k where k.org_id = v_org);
end $$;

create or replace function vault.data_key(p_client uuid, p_offered bytea, out wrapped bytea, out destroyed boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_org uuid := audit.organization();
begin
    select k.wrapped, k.destroyed_at is not null into wrapped, destroyed
    from vault.data_key k where k.org_id = v_org and k.client_id = p_client;
    if not found and p_offered is not null then
        insert into vault.data_key (org_id, client_id, wrapped) values (v_org, p_client, p_offered)
        on conflict do nothing;
        select k.wrapped, k.destroyed_at is not null into wrapped, destroyed
        from vault.data_key k where k.org_id = v_org and k.client_id = p_client;
    end if;
end $$;

create or replace function vault.destroy_data_key(p_client uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into vault.data_key as k (org_id, client_id, destroyed_at)
    values (audit.organization(), p_client, clock_timestamp())
    on conflict (org_id, client_id) do update
        set wrapped = null, destroyed_at = coalesce(k.destroyed_at, excluded.destroyed_at);
end $$;

create or replace function vault.token_key(p_offered bytea, out generation integer, out wrapped bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_org uuid := audit.organization();
begin
    if p_offered is not null then
        insert into vault.token_key (org_id, generation, wrapped)
        select v_org, 1, p_offered where not exists (select 1 from vault.token_key k where k.org_id = v_org)
        on conflict do nothing;
    end if;
    select k.generation, k.wrapped into generation, wrapped from vault.token_key k
    where k.org_id = v_org order by k.generation desc limit 1;
end $$;

-- For the composition root, which hands token keys to the process that extracts.
create or replace function vault.organizations() returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select o.org_id from public.organization o order by o.org_id
$$;

revoke all on all functions in schema vault from public;
grant execute on function vault.organization_key(bytea), vault.token_key(bytea) to medspa_app, medspa_maintenance;
grant execute on function vault.data_key(uuid, bytea), vault.destroy_data_key(uuid) to medspa_app;
grant execute on function vault.organizations() to medspa_maintenance;
