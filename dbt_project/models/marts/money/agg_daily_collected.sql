-- Grain: one tender of a location's business day; money tenders only.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_days(),
        ['org_id', 'location_id', 'business_date'],
        ['org_id', 'location_id', 'business_date', 'tender']
    ) }}"
) }}

with {% call touched(['org_id', 'location_id', 'business_date']) %}{{ touched_days() }}{% endcall %},

movements as (
    select
        payment.org_id,
        payment.location_id,
        payment.business_date,
        payment.tender,
        1 as payments,
        payment.amount_minor as received_minor,
        0 as payouts,
        0 as paid_out_minor,
        payment.tip_minor
    from {{ ref('fct_payment') }} as payment
    {{ only_touched('payment', ['org_id', 'location_id', 'business_date']) }}
    where payment.status = 'succeeded'

    union all

    select
        payout.org_id,
        payout.location_id,
        payout.business_date,
        payout.tender,
        0 as payments,
        0 as received_minor,
        1 as payouts,
        payout.amount_minor as paid_out_minor,
        -payout.tip_minor as tip_minor
    from {{ ref('fct_payout') }} as payout
    {{ only_touched('payout', ['org_id', 'location_id', 'business_date']) }}
    where payout.status = 'succeeded' and payout.tender is not null

    union all

    -- A refund that came back is paid out no more, from the day that told of it; its tip stays given back.
    select
        failure.org_id,
        failure.location_id,
        failure.business_date,
        'card' as tender,
        0 as payments,
        0 as received_minor,
        0 as payouts,
        -failure.amount_minor as paid_out_minor,
        0 as tip_minor
    from {{ ref('stg_operational__refund_failure') }} as failure
    {{ only_touched('failure', ['org_id', 'location_id', 'business_date']) }}
),

summed as (
    select
        org_id,
        location_id,
        business_date,
        tender,
        cast(sum(payments) as integer) as payments,
        cast(sum(received_minor) as bigint) as received_minor,
        cast(sum(payouts) as integer) as payouts,
        cast(sum(paid_out_minor) as bigint) as paid_out_minor,
        cast(sum(tip_minor) as bigint) as tip_minor
    from movements
    group by org_id, location_id, business_date, tender
)

select
    summed.org_id,
    summed.location_id,
    summed.business_date,
    summed.tender,
    location.legal_entity_id,
    location.currency,
    summed.payments,
    summed.received_minor,
    summed.payouts,
    summed.paid_out_minor,
    summed.received_minor - summed.paid_out_minor as collected_minor,
    summed.tip_minor,
    coalesce(day.status, 'open') as day_status,
    {{ build_id() }}
from summed
inner join {{ ref('dim_location') }} as location
    on location.org_id = summed.org_id and location.location_id = summed.location_id
left join {{ ref('fct_business_day') }} as day
    on {{ same('day', 'summed', ['org_id', 'location_id', 'business_date']) }}
