-- Grain: one full treatment with a due date, and what came of it.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_cycles(), ['org_id', 'client_key'], ['org_id', 'treatment_id', 'location_id', 'due_on']
    ) }}"
) }}

{% set cycle = ['org_id', 'client_key', 'category_id'] %}
with {% call touched(['org_id', 'client_key']) %}{{ touched_cycles() }}{% endcall %},

treatments as (
    select treatment.* from {{ ref('fct_treatment') }} as treatment
    {{ only_touched('treatment', ['org_id', 'client_key']) }}
    where treatment.intent in ('full', 'dissolve')
),

followed as (
    select
        treatments.*,
        min(case when treatments.intent = 'full' then treatments.business_date end) over (
            partition by {{ columns('treatments', cycle) }}
            order by treatments.performed_at, treatments.treatment_id
            rows between 1 following and unbounded following
        ) as next_full_on,
        min(case when treatments.intent = 'dissolve' then treatments.business_date end) over (
            partition by {{ columns('treatments', cycle) }}
            order by treatments.performed_at, treatments.treatment_id
            rows between 1 following and unbounded following
        ) as dissolved_on
    from treatments
),

dated as (
    select
        followed.*,
        category.code as category_code,
        coalesce(product.cycle_days, category.cycle_days) as ruled_days,
        coalesce(
            followed.next_due_on,
            {{ days_after('followed.business_date', 'coalesce(product.cycle_days, category.cycle_days)') }}
        ) as due_on,
        coalesce(
            product.contact_from_days - product.cycle_days, category.contact_from_days - category.cycle_days
        ) as from_offset,
        coalesce(
            product.contact_until_days - product.cycle_days, category.contact_until_days - category.cycle_days
        ) as until_offset
    from followed
    inner join {{ ref('dim_treatment_category') }} as category
        on category.org_id = followed.org_id and category.category_id = followed.category_id
    left join {{ ref('dim_product') }} as product
        on product.org_id = followed.org_id and product.product_id = followed.product_id
    where followed.intent = 'full'
),

windowed as (
    select
        dated.*,
        -- Without a window of its own a cycle is on time on its due date alone.
        coalesce({{ days_after('dated.due_on', 'dated.from_offset') }}, dated.due_on) as window_from,
        coalesce({{ days_after('dated.due_on', 'dated.until_offset') }}, dated.due_on) as window_until,
        case
            when dated.next_full_on is null or dated.dissolved_on <= dated.next_full_on then dated.dissolved_on
        end as closed_on
    from dated
    where
        dated.due_on is not null
        -- Several areas of one visit, and neurotoxin visits split within 30 days, count once, as the later.
        and coalesce(dated.next_full_on - dated.business_date, 31)
        > case when dated.category_code = 'neurotoxin' then 30 else 0 end
)

select
    windowed.org_id,
    windowed.treatment_id,
    windowed.client_key,
    windowed.category_id,
    windowed.category_code,
    windowed.location_id,
    windowed.provider_id,
    windowed.business_date,
    windowed.due_on,
    windowed.window_from,
    windowed.window_until,
    windowed.next_full_on,
    windowed.closed_on,
    client.is_deceased or client.is_do_not_treat as is_stopped,
    case
        when windowed.closed_on is not null then 'closed'
        when windowed.next_full_on < windowed.window_from then 'early'
        when windowed.next_full_on <= windowed.window_until then 'on_time'
        when windowed.next_full_on is not null then 'late'
        when client.is_deceased or client.is_do_not_treat then 'closed'
        else 'open'
    end as outcome,
    {{ build_id() }}
from windowed
inner join {{ ref('dim_client') }} as client
    on client.org_id = windowed.org_id and client.client_key = windowed.client_key
