-- What keeps a business day from closing. Runs as the owner, so that nothing is missed because the
-- caller may not read it; answers are ids of rows, and only for a location in the caller's scope.

-- Up to 20 subjects per code; `total` counts all of them.
create or replace function day_blockers(p_location uuid, p_date date)
returns table (code text, subject_kind text, subject_id uuid, total bigint)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
    v_org uuid := ledger_scope(p_location);
begin
    return query
    with visit as materialized (
        -- The range on starts_at is for the index; a business date begins and ends within it.
        select a.id, a.status from appointment a
        where a.org_id = v_org and a.location_id = p_location and a.business_date = p_date
          and a.starts_at >= p_date::timestamp at time zone 'UTC' - interval '2 days'
          and a.starts_at < p_date::timestamp at time zone 'UTC' + interval '3 days'
    ), item as materialized (
        select i.id, s.billed_by_unit,
               (select count(*) from invoice_line l
                join invoice n on n.org_id = l.org_id and n.id = l.invoice_id and n.status = 'issued'
                where l.org_id = v_org and l.appointment_item_id = i.id) as lines, i.appointment_id
        from visit v
        join appointment_item i on i.org_id = v_org and i.appointment_id = v.id
        join service s on s.org_id = v_org and s.id = i.service_id
        where v.status = 'completed' and i.performed
    ), found as (
        select 'session_uncounted' as code, 'drawer_session' as kind, s.id
        from drawer_session s join drawer d on d.org_id = s.org_id and d.id = s.drawer_id
        where s.org_id = v_org and s.location_id = p_location and s.business_date <= p_date
          and s.status = 'open' and d.kind = 'physical'
        union all
        select distinct 'performed_not_invoiced', 'appointment', i.appointment_id from item i where i.lines = 0
        union all
        select distinct 'charted_not_billed', 'appointment', i.appointment_id from item i
        where i.lines > 0 and i.billed_by_unit
          and (select coalesce(sum(t.quantity_milli), 0) from treatment_record t
               where t.org_id = v_org and t.appointment_item_id = i.id and t.source = 'charted')
              <>
              -- A use that was given back counts until it is billed again: a warning, no blocker.
              (select coalesce(sum(l.quantity_milli), 0) from invoice_line l
               join invoice n on n.org_id = l.org_id and n.id = l.invoice_id and n.status = 'issued'
               where l.org_id = v_org and l.appointment_item_id = i.id
                 and line_billed_again(l.org_id, l.id) is not true)
          and not exists (
              select 1 from invoice_line l
              where l.org_id = v_org and l.appointment_item_id = i.id and l.quantity_reason is not null)
        union all
        select 'appointment_not_final', 'appointment', v.id from visit v
        where v.status in ('booked', 'confirmed', 'arrived')
        union all
        select 'card_payment_unresolved', 'payment', p.id
        from payment p join location l on l.org_id = p.org_id and l.id = p.location_id
        where p.org_id = v_org and p.location_id = p_location and p.status in ('pending', 'unknown')
          and ((p.created_at at time zone l.timezone) - make_interval(hours => l.cutover_hour))::date <= p_date
        union all
        select 'card_payment_unresolved', 'payout', p.id
        from payout p join location l on l.org_id = p.org_id and l.id = p.location_id
        where p.org_id = v_org and p.location_id = p_location and p.status in ('pending', 'unknown')
          and ((p.created_at at time zone l.timezone) - make_interval(hours => l.cutover_hour))::date <= p_date
        union all
        -- A memo on a paid invoice leaves it below zero until it is paid out. Only invoices that
        -- moved on the day: the closes of earlier days looked at theirs. What never came in is not paid out.
        select 'credit_memo_not_paid_out', 'invoice', t.invoice_id
        from (
            select distinct p.invoice_id from posting p
            where p.org_id = v_org and p.location_id = p_location and p.business_date = p_date
              and p.account = '1100'
        ) t
        where case when (select sum(p.amount_minor) from posting p
                         where p.org_id = v_org and p.invoice_id = t.invoice_id and p.account = '1100') < 0
                   then checkout_kept(t.invoice_id, true) > 0 else false end
        union all
        select 'tip_without_provider', 'payment', p.id from payment p
        where p.org_id = v_org and p.location_id = p_location and p.business_date = p_date
          and p.status = 'succeeded'
          and p.tip_minor <> (select coalesce(sum(t.amount_minor), 0) from tip t
                              where t.org_id = v_org and t.payment_id = p.id)
    ), numbered as (
        select f.code, f.kind, f.id, count(*) over (partition by f.code) as total,
               row_number() over (partition by f.code order by f.id) as place
        from found f
    )
    select n.code, n.kind, n.id, n.total from numbered n where n.place <= 20 order by n.code, n.place;
end $$;

-- The days before p_date that are not closed yet; idle ones had no business and close by themselves.
create or replace function days_before(p_location uuid, p_date date)
returns table (business_date date, idle boolean)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
    v_org uuid := ledger_scope(p_location);
    v_first date;
begin
    select coalesce(max(d.business_date) filter (where d.status = 'closed') + 1, min(d.business_date))
    into v_first from business_day d where d.org_id = v_org and d.location_id = p_location;
    return query
    select g.day::date,
           not exists (select 1 from posting p where p.org_id = v_org and p.location_id = p_location
                         and p.business_date = g.day::date)
       and not exists (select 1 from drawer_session s join drawer w on w.org_id = s.org_id and w.id = s.drawer_id
                       where s.org_id = v_org and s.location_id = p_location
                         and s.business_date = g.day::date and w.kind = 'physical')
       and not exists (select 1 from day_blockers(p_location, g.day::date))
    from generate_series(v_first::timestamp, (p_date - 1)::timestamp, interval '1 day') g(day);
end $$;

revoke all on function ledger_scope(uuid), day_blockers(uuid, date), days_before(uuid, date) from public;
grant execute on function ledger_scope(uuid), day_blockers(uuid, date), days_before(uuid, date) to medspa_app;
