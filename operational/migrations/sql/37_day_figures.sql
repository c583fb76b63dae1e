-- The figures of a location's day: what the close freezes and a preview shows. Keys never hold a row id
-- that leaves as a token. Figures of zero are left out.

create or replace function day_figures(p_location uuid, p_date date)
returns table (measure text, key text, amount_minor bigint)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
    v_org uuid := ledger_scope(p_location);
    v_before date;
begin
    -- Balances are carried from the last frozen day, so that a close does not read all history.
    select coalesce(max(d.business_date), '-infinity') into v_before from business_day d
    where d.org_id = v_org and d.location_id = p_location and d.status = 'closed' and d.business_date < p_date;
    return query
    with moved as materialized (
        select p.account, a.kind, e.event, p.jurisdiction_id, p.business_date, p.amount_minor as amount
        from posting p
        join ledger_account a on a.code = p.account
        join journal_entry e on e.org_id = p.org_id and e.id = p.entry_id
        where p.org_id = v_org and p.location_id = p_location
          -- Never null: "or it is null" would make the kept plan read the location's whole history.
          and p.business_date > v_before and p.business_date <= p_date
    ), today as materialized (
        select * from moved m where m.business_date = p_date
    ), opening as materialized (
        select f.key as account, f.amount_minor as amount from day_close_figure f
        join business_day d on d.org_id = f.org_id and d.id = f.business_day_id
        where d.org_id = v_org and d.location_id = p_location and d.business_date = v_before and f.measure = 'balance'
        union all
        select m.account, m.amount from moved m
        where m.business_date < p_date and m.kind in ('asset', 'liability', 'equity')
    ), line as materialized (
        select l.kind, l.discount_reason, l.list_minor, l.discount_minor, l.tax_minor from invoice_line l
        join invoice n on n.org_id = l.org_id and n.id = l.invoice_id and n.status <> 'voided'
        where l.org_id = v_org and l.location_id = p_location and l.business_date = p_date
    ), memo as materialized (
        select m.reason, l.net_minor, l.tax_minor from credit_memo m
        join credit_memo_line l on l.org_id = m.org_id and l.credit_memo_id = m.id
        where m.org_id = v_org and m.location_id = p_location and m.business_date = p_date
    ), received as materialized (
        select p.tender, p.amount_minor as amount, p.tip_minor as tip from payment p
        where p.org_id = v_org and p.location_id = p_location and p.business_date = p_date
          and p.status = 'succeeded'
    ), paid_out as materialized (
        select o.tender, o.amount_minor as amount, o.tip_minor as tip from payout o
        where o.org_id = v_org and o.location_id = p_location and o.business_date = p_date
          and o.status = 'succeeded' and o.tender is not null
        union all
        -- A refund that came back is paid out no more, from the day that told of it.
        select 'card', -f.amount_minor, 0 from refund_failure f
        where f.org_id = v_org and f.location_id = p_location and f.business_date = p_date
    ), figure as (
        select 'account' as measure, t.account as key, t.amount from today t
        union all select 'balance', o.account, o.amount from opening o
        union all select 'balance', t.account, t.amount from today t where t.kind in ('asset', 'liability', 'equity')
        union all select 'ar_opening', '', o.amount from opening o where o.account = '1100'
        union all select 'ar_closing', '', o.amount from opening o where o.account = '1100'
        union all select 'ar_closing', '', t.amount from today t where t.account = '1100'
        union all select 'recognised', '', -t.amount from today t where t.kind = 'revenue'
        union all select 'tax_by_jurisdiction', t.jurisdiction_id::text, -t.amount from today t where t.account = '2400'
        union all select 'deposits', t.event, -t.amount from today t where t.account = '2100'
        union all select 'account_credit', t.event, -t.amount from today t where t.account = '2110'
        union all select 'gift_cards', t.event, -t.amount from today t where t.account = '2200'
        union all select 'packages', t.event, -t.amount from today t where t.account = '2300'
        union all select 'memberships', t.event, -t.amount from today t where t.account = '2310'
        union all select 'gross_billed', l.kind, l.list_minor from line l
        union all select 'discounts', l.discount_reason, l.discount_minor from line l where l.discount_minor <> 0
        union all select 'credit_memos', m.reason, m.net_minor from memo m
        union all select 'net_billed', '', l.list_minor - l.discount_minor from line l
        union all select 'net_billed', '', -m.net_minor from memo m
        union all select 'tax_billed', '', l.tax_minor from line l
        union all select 'tax_billed', '', -m.tax_minor from memo m
        union all select 'received', r.tender, r.amount from received r
        union all select 'paid_out', o.tender, o.amount from paid_out o
        union all select 'collected', r.tender, r.amount from received r
        union all select 'collected', o.tender, -o.amount from paid_out o
        union all select 'tips', '', r.tip from received r
        union all select 'tips', '', -o.tip from paid_out o
        union all select 'over_short', '', s.over_short_minor from drawer_session s
            where s.org_id = v_org and s.location_id = p_location and s.business_date = p_date
              and s.status = 'closed'
    )
    select f.measure, f.key::text, sum(f.amount)::bigint from figure f
    group by 1, 2 having sum(f.amount) <> 0
    order by 1, 2;
end $$;

revoke all on function day_figures(uuid, date) from public;
grant execute on function day_figures(uuid, date) to medspa_app;
