-- Grain: one drawer session, with the cash that moved in it.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_drawer_sessions(),
        ['org_id', 'drawer_session_id'],
        ['org_id', 'drawer_session_id'],
        true
    ) }}"
) }}

with {% call touched(['org_id', 'drawer_session_id']) %}{{ touched_drawer_sessions() }}{% endcall %},

movements as (
    select
        payment.org_id,
        payment.drawer_session_id,
        payment.amount_minor as received_minor,
        0 as refunded_minor,
        0 as paid_in_minor,
        0 as out_minor
    from {{ ref('stg_operational__payment') }} as payment
    {{ only_touched('payment', ['org_id', 'drawer_session_id']) }}
    where payment.tender = 'cash' and payment.status = 'succeeded'

    union all

    select
        payout.org_id,
        payout.drawer_session_id,
        0 as received_minor,
        payout.amount_minor as refunded_minor,
        0 as paid_in_minor,
        0 as out_minor
    from {{ ref('stg_operational__payout') }} as payout
    {{ only_touched('payout', ['org_id', 'drawer_session_id']) }}
    where payout.tender = 'cash' and payout.status = 'succeeded' and payout.drawer_session_id is not null

    union all

    select
        movement.org_id,
        movement.drawer_session_id,
        0 as received_minor,
        0 as refunded_minor,
        case when movement.kind = 'paid_in' then movement.amount_minor else 0 end as paid_in_minor,
        case when movement.kind = 'paid_in' then 0 else movement.amount_minor end as out_minor
    from {{ ref('stg_operational__drawer_movement') }} as movement
    {{ only_touched('movement', ['org_id', 'drawer_session_id']) }}
),

summed as (
    select
        org_id,
        drawer_session_id,
        sum(received_minor) as received_minor,
        sum(refunded_minor) as refunded_minor,
        sum(paid_in_minor) as paid_in_minor,
        sum(out_minor) as out_minor
    from movements
    group by org_id, drawer_session_id
)

select
    session.org_id,
    session.drawer_session_id,
    session.drawer_id,
    drawer.name as drawer_name,
    drawer.kind as drawer_kind,
    session.location_id,
    session.business_date,
    session.status,
    session.currency,
    session.opened_at,
    session.closed_at,
    session.opened_by,
    session.closed_by,
    session.opening_float_minor,
    cast(session.opening_over_short_minor as bigint) as opening_over_short_minor,
    session.expected_minor,
    session.counted_minor,
    session.over_short_minor,
    session.float_left_minor,
    cast(coalesce(summed.received_minor, 0) as bigint) as cash_received_minor,
    cast(coalesce(summed.refunded_minor, 0) as bigint) as cash_paid_out_minor,
    cast(coalesce(summed.paid_in_minor, 0) as bigint) as paid_in_minor,
    cast(coalesce(summed.out_minor, 0) as bigint) as movements_out_minor,
    {{ build_id() }}
from {{ ref('stg_operational__drawer_session') }} as session
{{ only_touched('session', ['org_id', 'drawer_session_id']) }}
inner join {{ ref('stg_operational__drawer') }} as drawer
    on drawer.org_id = session.org_id and drawer.drawer_id = session.drawer_id
left join summed
    on summed.org_id = session.org_id and summed.drawer_session_id = session.drawer_session_id
