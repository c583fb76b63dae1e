-- All records of one person: the record that others were merged into, and those. What a merge does not move
-- (documents of money, postings, what is sealed or append-only) is read and held over all of them.

create or replace function client_root_of(p_org uuid, p_client uuid) returns uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    with recursive up as (
        select c.id, c.merged_into_id from client c where c.org_id = p_org and c.id = p_client
        union
        select c.id, c.merged_into_id from client c join up on c.org_id = p_org and c.id = up.merged_into_id
    )
    select id from up where merged_into_id is null
$$;

-- The record asked for is always among them, so that an unknown one finds nothing else.
create or replace function client_records_of(p_org uuid, p_client uuid) returns uuid[]
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    with recursive down as (
        select coalesce(client_root_of(p_org, p_client), p_client) as id
        union
        select c.id from client c join down on c.org_id = p_org and c.merged_into_id = down.id
    )
    select array_agg(id) from down
$$;

create or replace function client_records(p_client uuid) returns uuid[]
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select client_records_of(nullif(current_setting('medspa.org_id', true), '')::uuid, p_client)
$$;

create or replace function client_root(p_client uuid) returns uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select client_root_of(nullif(current_setting('medspa.org_id', true), '')::uuid, p_client)
$$;

-- Holds what a person is owed until the transaction ends: the record asked for and those it was merged into,
-- each looked at again under its lock. False: there is no such record.
create or replace function client_hold(p_org uuid, p_client uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_client uuid := p_client;
    v_next uuid;
begin
    loop
        select c.merged_into_id into v_next from client c where c.org_id = p_org and c.id = v_client
        for no key update;
        if not found then
            return false;
        end if;
        exit when v_next is null;
        v_client := v_next;
    end loop;
    return true;
end $$;

-- What moves when records are merged is never written to the merged one. The lock waits for a merge that runs,
-- and a merge waits for it.
create or replace function client_refuse_merged() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_into uuid;
begin
    select c.merged_into_id into v_into from client c where c.org_id = new.org_id and c.id = new.client_id
    for key share;
    if v_into is not null then
        raise exception using errcode = 'MS201', message = 'This record was merged into another.';
    end if;
    return new;
end $$;

revoke all on function client_root_of(uuid, uuid), client_records_of(uuid, uuid), client_hold(uuid, uuid),
    client_records(uuid), client_root(uuid) from public;
grant execute on function client_records(uuid), client_root(uuid) to medspa_app;
