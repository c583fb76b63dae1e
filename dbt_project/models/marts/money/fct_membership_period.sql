-- Grain: one period of a membership: its dues, and how much of them is earned.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_memberships(),
        ['org_id', 'membership_id'],
        ['org_id', 'membership_period_id'],
        true
    ) }}"
) }}

with {% call touched(['org_id', 'membership_id']) %}{{ touched_memberships() }}{% endcall %},

periods as (
    select period.*
    from {{ ref('stg_operational__membership_period') }} as period
    {{ only_touched('period', ['org_id', 'membership_id']) }}
),

credits as (
    select
        held.org_id,
        held.membership_period_id,
        sum(held.quantity_milli) as granted_milli,
        sum(held.quantity_milli - coalesce(moved.quantity_milli, 0)) as left_milli,
        sum(held.value_minor - coalesce(moved.value_minor, 0)) as left_minor,
        max(held.expires_on) as expires_on
    from {{ ref('stg_operational__entitlement') }} as held
    {{ only_touched('held', ['org_id', 'membership_id']) }}
    left join (
        select movement.org_id, movement.entitlement_id,
            sum(movement.quantity_milli) as quantity_milli, sum(movement.value_minor) as value_minor
        from {{ ref('stg_operational__entitlement_movement') }} as movement
        group by movement.org_id, movement.entitlement_id
    ) as moved
        on moved.org_id = held.org_id and moved.entitlement_id = held.entitlement_id
    where held.membership_period_id is not null
    group by held.org_id, held.membership_period_id
)

select
    periods.org_id,
    periods.membership_period_id,
    periods.membership_id,
    client.client_key,
    periods.location_id,
    cast(periods.number as integer) as number,
    periods.starts_on,
    coalesce(periods.ended_on, {{ days_after('periods.starts_on', 'periods.days') }}) as ends_before,
    periods.status,
    periods.ended_as,
    cast(periods.failures as integer) as failures,
    periods.paid_on,
    periods.invoice_id,
    membership.currency,
    periods.price_minor,
    periods.access_minor,
    -- Row 8 earns by cumulated share, rounded half up, so that the days add up to the whole.
    cast(round(periods.access_minor * periods.earned_days / cast(periods.days as numeric)) as bigint)
        as access_earned_minor,
    coalesce(periods.access_returned_minor, 0) as access_returned_minor,
    cast(coalesce(credits.granted_milli, 0) as bigint) as credits_granted_milli,
    cast(coalesce(credits.left_milli, 0) as bigint) as credits_left_milli,
    cast(coalesce(credits.left_minor, 0) as bigint) as credits_left_minor,
    credits.expires_on as credits_expire_on,
    {{ build_id() }}
from periods
inner join {{ ref('stg_operational__membership') }} as membership
    on membership.org_id = periods.org_id and membership.membership_id = periods.membership_id
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = membership.org_id and client.client_id = membership.client_id
left join credits
    on credits.org_id = periods.org_id and credits.membership_period_id = periods.membership_period_id
