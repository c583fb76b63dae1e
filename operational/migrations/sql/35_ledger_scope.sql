-- The bound organization, for functions that run as the owner, once the location is in the caller's scope.

create or replace function ledger_scope(p_location uuid) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_org uuid := nullif(current_setting('medspa.org_id', true), '')::uuid;
begin
    if not exists (
        select 1 from location l
        where l.org_id = v_org and l.id = p_location
          and (location_scope() is null or l.id = any (location_scope()))
    ) then
        raise exception using errcode = 'MS003', message = 'There is no such location.';
    end if;
    return v_org;
end $$;
