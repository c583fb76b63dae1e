-- Movements of receivables = the AR control account (1100) of the source's ledger.
select org_id, location_id, business_date, 'accounts receivable' as subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select movement.org_id, movement.location_id, movement.business_date,
        movement.amount_minor as left_minor, 0 as right_minor
    from build.fct_ar_movement as movement {scope:movement}
    union all
    select total.org_id, total.location_id, total.business_date, 0, total.value
    from meta.control_total as total {scope:total}
    where total.table_name = 'posting' and total.measure = 'amount_minor' and total.key = '1100'
) as both_sides
group by org_id, location_id, business_date
