-- What came to rest on a merge since, as words: each makes it impossible to undo. Reads over all locations, so
-- that the answer does not depend on who asks; shows words only, of the bound organization.
create or replace function client_merge_rests(p_merge uuid) returns table (reason text)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_org uuid := nullif(current_setting('medspa.org_id', true), '')::uuid;
    v_merge client_merge;
    v_theirs uuid[];
    v_own uuid[];
begin
    select * into strict v_merge from client_merge m where m.org_id = v_org and m.id = p_merge;
    with recursive down as (
        select v_merge.merged_id as id
        union
        select c.id from client c join down on c.org_id = v_org and c.merged_into_id = down.id
    )
    select array_agg(id) into v_theirs from down;
    select array_agg(r) into v_own from unnest(client_records_of(v_org, v_merge.survivor_id)) r
    where r <> all (v_theirs);

    return query
    with moved as materialized (
        select r.table_name, r.row_id from client_merge_row r where r.org_id = v_org and r.merge_id = p_merge
    ),
    visit as materialized (select row_id as id from moved where table_name = 'appointment')
    select 'merged_on' where exists (
        select from client c where c.org_id = v_org and c.id = v_merge.survivor_id and c.merged_into_id is not null)
    union all
    select 'balance_spent' where exists (
        select from posting p
        where p.org_id = v_org and p.account in ('2100', '2110') and p.client_id = any (v_own || v_theirs)
        group by p.account, p.location_id, p.client_id = any (v_theirs)
        having sum(p.amount_minor) > 0)
    union all
    select 'prepaid_used' where exists (
        select from moved join entitlement_movement e on e.org_id = v_org and e.entitlement_id = moved.row_id
        where moved.table_name = 'entitlement' and e.created_at > v_merge.merged_at)
    union all
    select 'visit_billed' where exists (
        select from visit join invoice i on i.org_id = v_org and i.appointment_id = visit.id
        where i.client_id = any (v_own))
    or exists (
        select from visit join payment p on p.org_id = v_org and p.appointment_id = visit.id
        where p.client_id = any (v_own))
    union all
    select 'visit_charted' where exists (
        select from visit join chart_note n on n.org_id = v_org and n.appointment_id = visit.id
        where n.client_id = any (v_own))
    or exists (
        select from visit
        join appointment_item i on i.org_id = v_org and i.appointment_id = visit.id
        join treatment_record t on t.org_id = v_org and t.appointment_item_id = i.id
        where t.client_id = any (v_own))
    union all
    select 'membership_billed' where exists (
        select from moved join membership_period d on d.org_id = v_org and d.membership_id = moved.row_id
        where moved.table_name = 'membership' and d.created_at > v_merge.merged_at);
end $$;

revoke all on function client_merge_rests(uuid) from public;
grant execute on function client_merge_rests(uuid) to medspa_app;
