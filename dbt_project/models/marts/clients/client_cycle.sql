-- Grain: one client and treatment category with a full treatment. The provider's own date precedes the
-- product's cycle, which precedes the category's; only a full treatment moves the due date.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(touched_cycles(), ['org_id', 'client_key'], ['org_id', 'client_key', 'category_id'], true) }}"
) }}

{% set cycle = ['org_id', 'client_key', 'category_id'] %}
with {% call touched(['org_id', 'client_key']) %}{{ touched_cycles() }}{% endcall %},

treatments as (
    select treatment.* from {{ ref('fct_treatment') }} as treatment
    {{ only_touched('treatment', ['org_id', 'client_key']) }}
),

last_full as (
    select * from (
        select
            treatments.*,
            row_number() over (
                partition by org_id, client_key, category_id order by performed_at desc, treatment_id desc
            ) as place
        from treatments
        where intent = 'full'
    ) as ranked
    where ranked.place = 1
),

since_then as (
    select
        {{ columns('last_full', cycle) }},
        max(treatments.business_date) as last_visit_on,
        min(treatments.business_date) filter (
            where treatments.intent in ('review', 'touch_up')
            and treatments.performed_at >= last_full.performed_at
        ) as reviewed_on,
        min(treatments.business_date) filter (
            where treatments.intent = 'dissolve' and treatments.performed_at >= last_full.performed_at
        ) as dissolved_on
    from last_full
    inner join treatments
        on {{ same('treatments', 'last_full', cycle) }}
    group by {{ columns('last_full', cycle) }}
),

booked as (
    select
        {{ columns('last_full', cycle) }},
        min(item.business_date) as next_appointment_on
    from last_full
    inner join {{ ref('fct_appointment_item') }} as item
        on {{ same('item', 'last_full', cycle) }} and item.business_date >= last_full.business_date
    where item.status in ('booked', 'confirmed', 'arrived')
    group by {{ columns('last_full', cycle) }}
),

ruled as (
    select
        last_full.*,
        category.code as category_code,
        product.name as product_name,
        coalesce(product.cycle_days, category.cycle_days) as ruled_days,
        case
            when last_full.next_due_on is not null then 'provider'
            when product.cycle_days is not null then 'product'
            when category.cycle_days is not null then 'category'
            else 'none'
        end as cycle_source,
        coalesce(
            product.contact_from_days - product.cycle_days, category.contact_from_days - category.cycle_days
        ) as from_offset,
        coalesce(
            product.contact_until_days - product.cycle_days, category.contact_until_days - category.cycle_days
        ) as until_offset,
        coalesce(product.earliest_days, category.earliest_days) as earliest_days
    from last_full
    inner join {{ ref('dim_treatment_category') }} as category
        on category.org_id = last_full.org_id and category.category_id = last_full.category_id
    left join {{ ref('dim_product') }} as product
        on product.org_id = last_full.org_id and product.product_id = last_full.product_id
),

dated as (
    select
        ruled.*,
        coalesce(next_due_on, {{ days_after('business_date', 'ruled_days') }}) as due_on
    from ruled
)

select
    {{ columns('dated', cycle) }},
    dated.category_code,
    case when since_then.dissolved_on is null then 'running' else 'ended' end as status,
    dated.treatment_id as last_full_treatment_id,
    dated.business_date as last_full_on,
    dated.location_id as last_location_id,
    dated.provider_id as last_provider_id,
    dated.product_id as last_product_id,
    dated.product_name as last_product_name,
    dated.area as last_area,
    case when dated.cycle_source <> 'provider' then dated.ruled_days end as cycle_days,
    dated.cycle_source,
    dated.due_on,
    -- The contact window moves with the due date, whoever set it.
    {{ days_after('dated.due_on', 'dated.from_offset') }} as contact_from,
    {{ days_after('dated.due_on', 'dated.until_offset') }} as contact_until,
    {{ days_after('dated.business_date', 'dated.earliest_days') }} as earliest_on,
    since_then.dissolved_on as ended_on,
    case when since_then.dissolved_on is not null then 'dissolved' end as ended_reason,
    since_then.last_visit_on,
    since_then.reviewed_on,
    booked.next_appointment_on,
    {{ build_id() }}
from dated
inner join since_then
    on {{ same('since_then', 'dated', cycle) }}
left join booked
    on {{ same('booked', 'dated', cycle) }}
