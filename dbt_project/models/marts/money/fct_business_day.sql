-- Grain: one business day of a location.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_rows('business_day', false),
        ['org_id', 'business_day_id'],
        ['org_id', 'location_id', 'business_date']
    ) }}"
) }}

with {% call touched(['org_id', 'business_day_id']) %}{{ touched_rows('business_day', false) }}{% endcall %}

select
    day.org_id,
    day.location_id,
    day.business_date,
    day.business_day_id,
    day.status,
    day.closed_at,
    day.closed_by,
    day.figures_sha256,
    {{ build_id() }}
from {{ ref('stg_operational__business_day') }} as day
{{ only_touched('day', ['org_id', 'business_day_id']) }}
