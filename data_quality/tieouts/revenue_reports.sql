-- The revenue report's recognised revenue = the revenue accounts of the source's ledger.
select org_id, location_id, business_date, 'recognised revenue' as subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select revenue.org_id, revenue.location_id, revenue.business_date,
        revenue.recognised_minor as left_minor, 0 as right_minor
    from build.agg_daily_revenue as revenue {scope:revenue}
    union all
    select total.org_id, total.location_id, total.business_date, 0, -total.value
    from meta.control_total as total {scope:total}
    where total.table_name = 'posting' and total.measure = 'amount_minor' and total.key like '4%'
) as both_sides
group by org_id, location_id, business_date
