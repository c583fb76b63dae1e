-- Grain: one business day of a location, with what was owed at its end and was billed in the year up to it.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_balance_days(),
        ['org_id', 'location_id', 'business_date'],
        ['org_id', 'location_id', 'business_date'],
        true
    ) }}"
) }}

{% set day = ['org_id', 'location_id', 'business_date'] %}
{# Refs of the macro that only an incremental run uses. #}
{% if not execute %}{% do ref('agg_daily_account') %}{% endif %}
with {% call touched(day) %}{{ touched_balance_days() }}{% endcall %},

balances as (
    select
        {{ columns('held', day) }},
        sum(case when held.account = '1100' then held.closing_minor else 0 end) as receivable_minor,
        sum(case when held.account = '2110' then -held.closing_minor else 0 end) as credit_minor
    from {{ '(' ~ touched_balances() ~ ')' if is_incremental() else ref('int_money__balances') }} as held
    where held.account in ('1100', '2110')
    group by {{ columns('held', day) }}
),

{% if is_incremental() %}
-- The year before its first touched day is all that is looked back on.
looked_at as (
    {{ first_touched() }}
),

{% endif %}
billed as (
    select
        {{ columns('revenue', day) }},
        sum(revenue.gross_billed_minor) as gross_minor
    from {{ ref('agg_daily_revenue') }} as revenue
    {% if is_incremental() %}
    inner join looked_at
        on
            looked_at.org_id = revenue.org_id
            and looked_at.location_id = revenue.location_id
            and revenue.business_date > {{ days_after('looked_at.first_date', -365) }}
    {% endif %}
    group by {{ columns('revenue', day) }}
),

-- 365 days with this one: from 364 days before it.
looking_back as (
    select
        {{ columns('day', day) }},
        sum(coalesce(billed.gross_minor, 0)) over (
            partition by day.org_id, day.location_id
            order by day.business_date
            range between interval '364 days' preceding and current row
        ) as gross_365_minor
    from {{ ref('fct_business_day') }} as day
    {% if is_incremental() %}
    inner join looked_at
        on
            looked_at.org_id = day.org_id
            and looked_at.location_id = day.location_id
            and day.business_date > {{ days_after('looked_at.first_date', -365) }}
    {% endif %}
    left join billed
        on {{ same('billed', 'day', day) }}
)

select
    {{ columns('looking_back', day) }},
    location.legal_entity_id,
    location.currency,
    cast(coalesce(balances.receivable_minor, 0) as bigint) as receivable_minor,
    cast(coalesce(balances.credit_minor, 0) as bigint) as credit_minor,
    cast(looking_back.gross_365_minor as bigint) as gross_365_minor,
    {{ build_id() }}
from looking_back
{{ only_touched('looking_back', day) }}
inner join {{ ref('dim_location') }} as location
    on location.org_id = looking_back.org_id and location.location_id = looking_back.location_id
left join balances
    on {{ same('balances', 'looking_back', day) }}
