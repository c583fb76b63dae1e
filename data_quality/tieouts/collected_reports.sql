-- The collected report, by tender = succeeded payments − payouts + refunds that came back, as the source's snapshot summed them.
select org_id, location_id, business_date, subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select collected.org_id, collected.location_id, collected.business_date,
        collected.tender as subject, collected.collected_minor as left_minor, 0 as right_minor
    from build.agg_daily_collected as collected {scope:collected}
    union all
    select total.org_id, total.location_id, total.business_date, total.key, 0,
        case total.table_name when 'payout' then -total.value else total.value end
    from meta.control_total as total {scope:total}
    where total.table_name in ('payment', 'payout', 'refund_failure')
        and total.measure = 'amount_minor' and total.key <> 'account_credit'
) as both_sides
group by org_id, location_id, business_date, subject
