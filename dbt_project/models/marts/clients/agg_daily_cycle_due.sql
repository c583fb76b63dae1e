-- Grain: one due date, end of the window and outcome of a location's cycles in a treatment category.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_due_days(),
        ['org_id', 'location_id', 'due_on'],
        ['org_id', 'location_id', 'category_id', 'due_on', 'window_until', 'outcome']
    ) }}"
) }}

{% set grain = ['org_id', 'location_id', 'category_id', 'due_on', 'window_until', 'outcome'] %}
with {% call touched(['org_id', 'location_id', 'due_on']) %}{{ touched_due_days() }}{% endcall %}

select
    {{ columns('cycle', grain) }},
    cast(count(*) as integer) as cycles,
    {{ build_id() }}
from {{ ref('fct_cycle_due') }} as cycle
{{ only_touched('cycle', ['org_id', 'location_id', 'due_on']) }}
group by {{ columns('cycle', grain) }}
