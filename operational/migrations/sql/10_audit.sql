-- The audit gate: a header row written in this transaction opens protected health information to it.

create table if not exists audit.access (
    org_id uuid not null,
    id uuid not null default gen_random_uuid(),
    xid xid8 not null default pg_current_xact_id(),
    at timestamptz not null default clock_timestamp(),
    app_time timestamptz not null,
    actor_kind text not null,
    actor_id uuid not null,
    purpose text not null,
    origin text not null,
    primary key (org_id, id)
);
create index if not exists ix_access_xid on audit.access (xid);
alter table audit.access enable row level security;
alter table audit.access force row level security;
drop policy if exists owner_all on audit.access;
create policy owner_all on audit.access for all to medspa_owner using (true) with check (true);

create or replace function audit.open(
    p_actor_kind text, p_actor_id uuid, p_purpose text, p_origin text, p_app_time timestamptz default now()
) returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_org uuid := nullif(current_setting('medspa.org_id', true), '')::uuid;
    v_id uuid;
begin
    if v_org is null then
        raise exception 'no organization is bound' using errcode = 'insufficient_privilege';
    end if;
    insert into audit.access (org_id, app_time, actor_kind, actor_id, purpose, origin)
    values (v_org, p_app_time, p_actor_kind, p_actor_id, p_purpose, p_origin)
    returning id into v_id;
    return v_id;
end $$;

create or replace function audit.is_open() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select 1 from audit.access a
        where a.xid = pg_current_xact_id_if_assigned()
          and a.org_id = nullif(current_setting('medspa.org_id', true), '')::uuid
    )
$$;

revoke all on function audit.open(text, uuid, text, text, timestamptz), audit.is_open() from public;
grant execute on function audit.open(text, uuid, text, text, timestamptz), audit.is_open() to medspa_app;
