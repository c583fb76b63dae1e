-- The close-out's account figures = the source's ledger.
select org_id, location_id, business_date, subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select figure.org_id, figure.location_id, figure.business_date, figure.key as subject,
        figure.amount_minor as left_minor, 0 as right_minor
    from build.agg_daily_close_out as figure {scope:figure}
    where figure.measure = 'account'
    union all
    select total.org_id, total.location_id, total.business_date, total.key, 0, total.value
    from meta.control_total as total {scope:total}
    where total.table_name = 'posting' and total.measure = 'amount_minor'
) as both_sides
group by org_id, location_id, business_date, subject
