-- Uses of a package or credit that were given back, and whether what they had paid for is billed again.

-- Of an invoice line: null, it stands; false, its use was given back and nothing bills that since; true, a
-- later invoice does. A line on which a price stands is none that is billed again (checkout/billed.py).
create or replace function line_billed_again(p_org uuid, p_line uuid) returns boolean
language sql stable set search_path = pg_catalog, public, pg_temp as $$
    select exists (
        select 1 from invoice_line o
        join invoice n on n.org_id = o.org_id and n.id = o.invoice_id and n.status = 'issued'
        where o.org_id = l.org_id and o.appointment_item_id = l.appointment_item_id
          and o.treatment_record_id is not distinct from l.treatment_record_id
          and o.invoice_id <> l.invoice_id and n.created_at >= m.created_at)
    from invoice_line l
    join entitlement_movement m on m.org_id = l.org_id and m.invoice_line_id = l.id and m.kind = 'reversed'
    where l.org_id = p_org and l.id = p_line
      and l.net_minor <= (select coalesce(sum(c.net_minor), 0) from credit_memo_line c
                          where c.org_id = l.org_id and c.invoice_line_id = l.id)
$$;

-- Visits of which a use was given back on a day and is not billed again: a decision, so the day may close.
create or replace function day_given_back(p_location uuid, p_date date) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_org uuid := ledger_scope(p_location);
begin
    return query
    -- The day's own first: whether one is billed again is asked of nothing else, however long the history.
    with back as materialized (
        select m.invoice_line_id from entitlement_movement m
        where m.org_id = v_org and m.location_id = p_location and m.business_date = p_date and m.kind = 'reversed'
    )
    select distinct i.appointment_id
    from back b
    join invoice_line l on l.org_id = v_org and l.id = b.invoice_line_id
    join invoice n on n.org_id = l.org_id and n.id = l.invoice_id and n.status = 'issued'
    join appointment_item i on i.org_id = l.org_id and i.id = l.appointment_item_id
    where not line_billed_again(l.org_id, l.id)
    order by 1;
end $$;

revoke all on function line_billed_again(uuid, uuid), day_given_back(uuid, date) from public;
grant execute on function day_given_back(uuid, date) to medspa_app;
