-- How the open balances that AR aging sums changed = the AR control account (1100) of the source's ledger.
select org_id, location_id, business_date, 'open balances' as subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select changed.org_id, changed.location_id, changed.business_date, changed.amount_minor as left_minor,
        0 as right_minor
    from (
        select org_id, location_id, from_on as business_date, open_minor as amount_minor
        from build.fct_receivable_span
        union all
        select org_id, location_id, until_on, -open_minor from build.fct_receivable_span
        where until_on is not null
    ) as changed {scope:changed}
    union all
    select total.org_id, total.location_id, total.business_date, 0, total.value
    from meta.control_total as total {scope:total}
    where total.table_name = 'posting' and total.measure = 'amount_minor' and total.key = '1100'
) as both_sides
group by org_id, location_id, business_date
