-- The audit gate: audited tables can be read only in a transaction that wrote an access header, because
-- their row security asks audit.is_open(). The app reaches the trail through these functions alone.

create or replace function audit.organization() returns uuid language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    v_org uuid := nullif(current_setting('medspa.org_id', true), '')::uuid;
begin
    if v_org is null then
        raise exception 'no organization is bound' using errcode = 'insufficient_privilege';
    end if;
    return v_org;
end $$;

create or replace function audit.open(
    p_actor_kind text, p_actor_id uuid, p_purpose text, p_origin text, p_app_time timestamptz default now()
) returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_org uuid := audit.organization();
    v_xid bigint := pg_current_xact_id()::text::bigint;
    v_epoch integer;
    v_id uuid;
begin
    select e.id into strict v_epoch from audit.epoch e order by e.id desc limit 1;
    insert into audit.access (org_id, at, epoch, xid, app_time, actor_kind, actor_id, purpose, origin)
    values (v_org, transaction_timestamp(), v_epoch, v_xid, p_app_time, p_actor_kind, p_actor_id, p_purpose,
            p_origin)
    returning id into v_id;
    insert into audit.gate (org_id, xid, at, access_id, epoch)
    values (v_org, v_xid, transaction_timestamp(), v_id, v_epoch);
    -- The answer leaves after the commit: the commit has to be on disk by then. A demonstration lives its
    -- months unasked; its stamp is the owner's (medspa/local/stamp.py), and live mode refuses it.
    if current_setting('synchronous_commit') = 'off' and not exists (
        select from pg_proc f
        where f.oid = to_regprocedure('public.medspa_mode()') and f.prosrc = 'select ''demo''::text'
    ) then
        perform set_config('synchronous_commit', 'on', true);
    end if;
    return v_id;
end $$;

-- Found by transaction id and transaction start together: neither a later transaction of the same pooled
-- connection nor a server whose ids began again can meet an old row.
create or replace function audit.is_open() returns boolean
language plpgsql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (
        select 1 from audit.gate g
        where g.org_id = nullif(current_setting('medspa.org_id', true), '')::uuid
          and g.xid = pg_current_xact_id_if_assigned()::text::bigint
          and g.at = transaction_timestamp()
    );
end $$;

-- What was read and which clients were returned, all of a transaction in one call:
-- [{"view": "client.card", "columns": ["client.email"], "client_ids": ["..."]}, ...]
create or replace function audit.record(p_access uuid, p_entries jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_org uuid := audit.organization();
    v_gate audit.gate%rowtype;
begin
    select * into v_gate from audit.gate g
    where g.org_id = v_org and g.xid = pg_current_xact_id()::text::bigint and g.access_id = p_access
      and g.at = transaction_timestamp();
    if not found then
        raise exception 'the audit header is not of this transaction' using errcode = 'insufficient_privilege';
    end if;
    insert into audit.disclosure (org_id, at, epoch, xid, access_id, view, columns, client_ids)
    select v_org, v_gate.at, v_gate.epoch, v_gate.xid, p_access, e.view,
           coalesce(e.columns, '{}'), coalesce(e.client_ids, '{}')
    from jsonb_to_recordset(p_entries) as e(view text, columns text[], client_ids uuid[]);
end $$;

-- The trail of the bound organization, newest first, for readers with the permission audit.read. Reading it
-- is itself an audited read: without a header of this transaction it raises.
create or replace function audit.trail(
    p_from timestamptz, p_until timestamptz, p_client uuid default null, p_actor uuid default null,
    p_limit integer default 100, p_before_at timestamptz default null, p_before_id uuid default null
) returns table (
    access_id uuid, at timestamptz, app_time timestamptz, actor_kind text, actor_id uuid, purpose text,
    origin text, views text[], columns text[], client_ids uuid[]
) language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_org uuid := audit.organization();
begin
    if not audit.is_open() then
        raise exception 'the audit is not open' using errcode = 'insufficient_privilege';
    end if;
    return query
    select a.id, a.at, a.app_time, a.actor_kind, a.actor_id, a.purpose, a.origin, d.views, d.columns, d.client_ids
    from audit.access a
    left join lateral (
        select array_agg(distinct x.view) filter (where x.view is not null) as views,
               (select array_agg(distinct c order by c) from audit.disclosure y, unnest(y.columns) c
                where y.org_id = v_org and y.at = a.at and y.access_id = a.id) as columns,
               (select array_agg(distinct c order by c) from audit.disclosure y, unnest(y.client_ids) c
                where y.org_id = v_org and y.at = a.at and y.access_id = a.id) as client_ids
        from audit.disclosure x
        where x.org_id = v_org and x.at = a.at and x.access_id = a.id
    ) d on true
    where a.org_id = v_org and a.at >= p_from and a.at < p_until
      and (p_actor is null or a.actor_id = p_actor)
      and (p_before_at is null or (a.at, a.id) < (p_before_at, p_before_id))
      and (p_client is null or exists (
            select 1 from audit.disclosure z
            where z.org_id = v_org and z.at = a.at and z.access_id = a.id and z.client_ids @> array[p_client]))
    order by a.at desc, a.id desc
    limit least(greatest(p_limit, 1), 500);
end $$;

revoke all on all functions in schema audit from public;
grant execute on function audit.open(text, uuid, text, text, timestamptz), audit.is_open(),
    audit.record(uuid, jsonb),
    audit.trail(timestamptz, timestamptz, uuid, uuid, integer, timestamptz, uuid) to medspa_app;
