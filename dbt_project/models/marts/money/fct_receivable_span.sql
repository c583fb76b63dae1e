-- Grain: one open balance of an invoice at a location, from the day that made it to the day that changed it.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_receivables(),
        ['org_id', 'invoice_id'],
        ['org_id', 'invoice_id', 'location_id', 'from_on']
    ) }}"
) }}

{% set invoice = ['org_id', 'invoice_id', 'location_id'] %}
{% set known = ['client_key', 'invoice_date', 'due_on', 'currency'] %}
with {% call touched(['org_id', 'invoice_id']) %}{{ touched_receivables() }}{% endcall %},

days as (
    select
        {{ columns('movement', invoice + known) }},
        movement.business_date,
        sum(movement.amount_minor) as amount_minor
    from {{ ref('fct_ar_movement') }} as movement
    {{ only_touched('movement', ['org_id', 'invoice_id']) }}
    group by {{ columns('movement', invoice + known) }}, movement.business_date
),

balances as (
    select
        days.*,
        sum(days.amount_minor) over (
            partition by {{ columns('days', invoice) }} order by days.business_date
        ) as open_minor,
        lead(days.business_date) over (
            partition by {{ columns('days', invoice) }} order by days.business_date
        ) as until_on
    from days
)

select
    {{ columns('balances', invoice) }},
    balances.business_date as from_on,
    balances.until_on,
    {{ columns('balances', known) }},
    cast(balances.open_minor as bigint) as open_minor,
    {{ build_id() }}
from balances
where balances.open_minor <> 0
