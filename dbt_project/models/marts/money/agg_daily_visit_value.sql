-- Grain: one business day of a location with completed visits, and what their lines brought.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_visit_days(),
        ['org_id', 'location_id', 'business_date'],
        ['org_id', 'location_id', 'business_date']
    ) }}"
) }}

{% set day = ['org_id', 'location_id', 'business_date'] %}
with {% call touched(day) %}{{ touched_visit_days() }}{% endcall %},

completed as (
    select distinct
        {{ columns('item', day) }},
        item.appointment_id,
        item.client_key
    from {{ ref('fct_appointment_item') }} as item
    {{ only_touched('item', day) }}
    where item.performed and item.status = 'completed'
),

-- One after the other and added up: joined, the sums of the one would be made again for each day of the other,
-- for the planner expects a single day where thousands were touched.
figures as (
    select
        {{ columns('completed', day) }},
        count(distinct completed.client_key) as visits,
        0 as recognised_minor
    from completed
    group by {{ columns('completed', day) }}

    union all

    -- A credit given later lowers the visit that it was given for.
    select
        {{ columns('done', day) }},
        0 as visits,
        sum(-posting.amount_minor) as recognised_minor
    from (
        select distinct
            {{ columns('completed', day) }},
            completed.appointment_id
        from completed
    ) as done
    inner join {{ ref('fct_invoice') }} as invoice
        on invoice.org_id = done.org_id and invoice.appointment_id = done.appointment_id
    inner join {{ ref('fct_invoice_line') }} as line
        on line.org_id = invoice.org_id and line.invoice_id = invoice.invoice_id
    inner join {{ ref('fct_posting') }} as posting
        on posting.org_id = line.org_id and posting.invoice_line_id = line.invoice_line_id
    where posting.account_kind = 'revenue'
    group by {{ columns('done', day) }}
)

select
    {{ columns('figures', day) }},
    location.legal_entity_id,
    location.currency,
    cast(sum(figures.visits) as integer) as visits,
    cast(sum(figures.recognised_minor) as bigint) as recognised_minor,
    {{ build_id() }}
from figures
inner join {{ ref('dim_location') }} as location
    on location.org_id = figures.org_id and location.location_id = figures.location_id
group by {{ columns('figures', day) }}, location.legal_entity_id, location.currency
