-- The tax report: parts of line taxes less what was given back = sales tax payable (2400) of the source's ledger.
select org_id, location_id, business_date, 'sales tax' as subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select tax.org_id, tax.location_id, tax.business_date, tax.tax_minor as left_minor, 0 as right_minor
    from build.agg_daily_tax as tax {scope:tax}
    union all
    select total.org_id, total.location_id, total.business_date, 0, -total.value
    from meta.control_total as total {scope:total}
    where total.table_name = 'posting' and total.measure = 'amount_minor' and total.key = '2400'
) as both_sides
group by org_id, location_id, business_date
