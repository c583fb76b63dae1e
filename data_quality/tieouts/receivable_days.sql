-- Receivables and account credit at a location's last day = the source's ledger, all of it.
select org_id, location_id, null::date as business_date, subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select last_day.org_id, last_day.location_id, balance.subject, balance.amount_minor as left_minor,
        0 as right_minor
    from (
        select distinct on (org_id, location_id) *
        from build.agg_daily_receivable order by org_id, location_id, business_date desc
    ) as last_day
    cross join lateral (
        values ('receivables', last_day.receivable_minor), ('account credit', last_day.credit_minor)
    ) as balance (subject, amount_minor)
    union all
    select org_id, location_id, case key when '1100' then 'receivables' else 'account credit' end, 0,
        case key when '1100' then value else -value end
    from meta.control_total
    where table_name = 'posting' and measure = 'amount_minor' and key in ('1100', '2110')
) as both_sides
group by org_id, location_id, subject
