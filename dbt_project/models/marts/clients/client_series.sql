-- Grain: one client and treatment category, with its running series: days of full treatment, none of them
-- later than twice the interval after the one before.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(touched_cycles(), ['org_id', 'client_key'], ['org_id', 'client_key', 'category_id']) }}"
) }}

{% set series = ['org_id', 'client_key', 'category_id'] %}
with {% call touched(['org_id', 'client_key']) %}{{ touched_cycles() }}{% endcall %},

days as (
    select distinct
        {{ columns('treatment', series) }},
        treatment.business_date,
        category.code as category_code,
        category.cycle_days
    from {{ ref('fct_treatment') }} as treatment
    {{ only_touched('treatment', ['org_id', 'client_key']) }}
    inner join {{ ref('dim_treatment_category') }} as category
        on category.org_id = treatment.org_id and category.category_id = treatment.category_id
    where treatment.intent = 'full' and category.cycle_days is not null
),

gaps as (
    select
        days.*,
        days.business_date - lag(days.business_date) over (
            partition by {{ columns('days', series) }} order by days.business_date
        ) as gap
    from days
),

-- Counted from the newest day back: the series runs until the first gap that is too long.
broken as (
    select
        gaps.*,
        coalesce(sum(case when gaps.gap > 2 * gaps.cycle_days then 1 else 0 end) over (
            partition by {{ columns('gaps', series) }}
            order by gaps.business_date desc
            rows between unbounded preceding and 1 preceding
        ), 0) as breaks
    from gaps
)

select
    {{ columns('broken', series) }},
    max(broken.category_code) as category_code,
    cast(count(*) as integer) as sessions,
    max(broken.business_date) as last_session_on,
    max({{ days_after('broken.business_date', 'broken.cycle_days') }}) as due_on,
    max({{ days_after('broken.business_date', '2 * broken.cycle_days') }}) as unfinished_on,
    {{ build_id() }}
from broken
where broken.breaks = 0
group by {{ columns('broken', series) }}
