-- Grain: one membership, with what its periods were billed, and what of their credits is left.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(touched_memberships(), ['org_id', 'membership_id'], ['org_id', 'membership_id'], true) }}"
) }}

with {% call touched(['org_id', 'membership_id']) %}{{ touched_memberships() }}{% endcall %},

billed as (
    select
        period.org_id,
        period.membership_id,
        count(case when period.status = 'paid' then 1 end) as periods_paid,
        sum(case when period.status = 'paid' then period.price_minor else 0 end) as paid_minor,
        sum(
            case
                when period.status = 'paid'
                    then period.access_minor - period.access_earned_minor - period.access_returned_minor
                else 0
            end
        ) as access_left_minor,
        sum(period.credits_left_milli) as credits_left_milli,
        sum(period.credits_left_minor) as credits_left_minor,
        min(case when period.credits_left_milli > 0 then period.credits_expire_on end) as credits_expire_on,
        min(case when period.status = 'failed' then period.starts_on end) as unpaid_since,
        sum(case when period.status = 'failed' then period.failures else 0 end) as failures
    from {{ ref('fct_membership_period') }} as period
    {{ only_touched('period', ['org_id', 'membership_id']) }}
    group by period.org_id, period.membership_id
)

select
    membership.org_id,
    membership.membership_id,
    client.client_key,
    membership.location_id,
    version.membership_plan_id,
    cast(version.number as integer) as plan_version,
    membership.currency,
    version.price_minor,
    cast(version.period_months as integer) as period_months,
    membership.joined_on,
    membership.status,
    membership.next_bill_on,
    membership.cancelled_on,
    membership.cancel_reason,
    -- The last day of one that was cancelled.
    case when membership.status = 'cancelled' then coalesce(membership.ends_on, membership.cancelled_on) end
        as ends_on,
    cast(coalesce(billed.periods_paid, 0) as integer) as periods_paid,
    cast(coalesce(billed.paid_minor, 0) as bigint) as paid_minor,
    cast(coalesce(billed.access_left_minor, 0) as bigint) as access_left_minor,
    cast(coalesce(billed.credits_left_milli, 0) as bigint) as credits_left_milli,
    cast(coalesce(billed.credits_left_minor, 0) as bigint) as credits_left_minor,
    cast(coalesce(billed.access_left_minor + billed.credits_left_minor, 0) as bigint) as deferred_minor,
    billed.credits_expire_on,
    billed.unpaid_since,
    cast(coalesce(billed.failures, 0) as integer) as failures,
    {{ build_id() }}
from {{ ref('stg_operational__membership') }} as membership
{{ only_touched('membership', ['org_id', 'membership_id']) }}
inner join {{ ref('stg_operational__membership_plan_version') }} as version
    on
        version.org_id = membership.org_id
        and version.membership_plan_version_id = membership.membership_plan_version_id
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = membership.org_id and client.client_id = membership.client_id
left join billed
    on billed.org_id = membership.org_id and billed.membership_id = membership.membership_id
