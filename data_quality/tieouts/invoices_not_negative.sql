-- On closed days no invoice is below zero: any excess is account credit. A credit memo of the open day may
-- stand there until it is paid out, which the day's close waits for. Left: how many are.
select org_id, null::uuid as location_id, null::date as business_date, 'invoices below zero' as subject,
    count(*) filter (where open_minor < 0) as left_minor, 0::bigint as right_minor
from (
    select movement.org_id, movement.invoice_id, sum(movement.amount_minor) as open_minor
    from build.fct_ar_movement as movement
    inner join build.fct_business_day as day on day.org_id = movement.org_id
        and day.location_id = movement.location_id and day.business_date = movement.business_date
        and day.status = 'closed'
    group by movement.org_id, movement.invoice_id
) as invoice
group by org_id
