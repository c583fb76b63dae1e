-- Every journal entry balances per location: debits = credits of a day.
select org_id, location_id, business_date, 'debits and credits' as subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select posting.org_id, posting.location_id, posting.business_date,
        greatest(posting.amount_minor, 0) as left_minor, greatest(-posting.amount_minor, 0) as right_minor
    from build.fct_posting as posting {scope:posting}
) as both_sides
group by org_id, location_id, business_date
