-- Grain: one client and treatment category with a full treatment.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ replace_touched(
        touched_cycles(),
        ['org_id', 'client_key'],
        ['org_id', 'client_key', 'category_id']
    ) }}"
) }}

with {% call touched(['org_id', 'client_key']) %}{{ touched_cycles() }}{% endcall %},

treatments as (
    select treatment.*
    from {{ ref('fct_treatment') }} as treatment
    {{ only_touched('treatment', ['org_id', 'client_key']) }}
),

ranked as (
    select
        treatments.*,
        row_number() over (
            partition by org_id, client_key, category_id order by performed_at desc, treatment_id desc
        ) as place
    from treatments
    where intent = 'full'
),

last_full as (
    select * from ranked where place = 1
),

since_then as (
    select
        last_full.org_id,
        last_full.client_key,
        last_full.category_id,
        max(treatments.business_date) as last_visit_on,
        min(
            case
                when treatments.intent = 'dissolve' and treatments.performed_at >= last_full.performed_at
                    then treatments.business_date
            end
        ) as dissolved_on
    from last_full
    inner join treatments
        on
            treatments.org_id = last_full.org_id
            and treatments.client_key = last_full.client_key
            and treatments.category_id = last_full.category_id
    group by last_full.org_id, last_full.client_key, last_full.category_id
),

booked as (
    select
        last_full.org_id,
        last_full.client_key,
        last_full.category_id,
        min(item.business_date) as next_appointment_on
    from last_full
    inner join {{ ref('fct_appointment_item') }} as item
        on
            item.org_id = last_full.org_id
            and item.client_key = last_full.client_key
            and item.category_id = last_full.category_id
            and item.business_date >= last_full.business_date
    where item.status in ('booked', 'confirmed', 'arrived')
    group by last_full.org_id, last_full.client_key, last_full.category_id
),

ruled as (
    -- The provider's own date precedes the product's cycle, which precedes the category's.
    select
        last_full.*,
        category.code as category_code,
        product.name as product_name,
        case when last_full.next_due_on is null then coalesce(product.cycle_days, category.cycle_days) end
            as cycle_days,
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
        coalesce(ruled.next_due_on, {{ days_after('ruled.business_date', 'ruled.cycle_days') }}) as due_on
    from ruled
)

select
    dated.org_id,
    dated.client_key,
    dated.category_id,
    dated.category_code,
    case when since_then.dissolved_on is null then 'running' else 'ended' end as status,
    dated.treatment_id as last_full_treatment_id,
    dated.business_date as last_full_on,
    dated.location_id as last_location_id,
    dated.provider_id as last_provider_id,
    dated.product_id as last_product_id,
    dated.product_name as last_product_name,
    dated.area as last_area,
    dated.cycle_days,
    dated.cycle_source,
    dated.due_on,
    -- The contact window moves with the due date, whoever set it.
    {{ days_after('dated.due_on', 'dated.from_offset') }} as contact_from,
    {{ days_after('dated.due_on', 'dated.until_offset') }} as contact_until,
    {{ days_after('dated.business_date', 'dated.earliest_days') }} as earliest_on,
    since_then.dissolved_on as ended_on,
    case when since_then.dissolved_on is not null then 'dissolved' end as ended_reason,
    since_then.last_visit_on,
    booked.next_appointment_on,
    {{ build_id() }}
from dated
inner join since_then
    on
        since_then.org_id = dated.org_id
        and since_then.client_key = dated.client_key
        and since_then.category_id = dated.category_id
left join booked
    on
        booked.org_id = dated.org_id
        and booked.client_key = dated.client_key
        and booked.category_id = dated.category_id
