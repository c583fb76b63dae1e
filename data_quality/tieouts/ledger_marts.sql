-- The ledger as the source's snapshot summed it = the ledger in the marts, per account.
select org_id, location_id, business_date, subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select total.org_id, total.location_id, total.business_date, total.key as subject,
        total.value as left_minor, 0 as right_minor
    from meta.control_total as total {scope:total}
    where total.table_name = 'posting' and total.measure = 'amount_minor'
    union all
    select posting.org_id, posting.location_id, posting.business_date, posting.account, 0,
        posting.amount_minor
    from build.fct_posting as posting {scope:posting}
) as both_sides
group by org_id, location_id, business_date, subject
