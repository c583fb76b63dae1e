-- The roll-forward's movements of every liability = the liability accounts of the source's ledger.
select org_id, location_id, business_date, subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select movement.org_id, movement.location_id, movement.business_date,
        'liability ' || movement.account as subject, movement.amount_minor as left_minor, 0 as right_minor
    from build.fct_liability_movement as movement {scope:movement}
    union all
    select total.org_id, total.location_id, total.business_date, 'liability ' || total.key, 0, -total.value
    from meta.control_total as total {scope:total}
    where total.table_name = 'posting' and total.measure = 'amount_minor'
        and (total.key like '21%' or total.key like '22%' or total.key like '23%' or total.key in ('2500', '2600'))
) as both_sides
group by org_id, location_id, business_date, subject
