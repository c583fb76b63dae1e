-- Grain: one figure of a closed day, as the close froze it.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        since('day_close_figure', ['org_id', 'location_id', 'business_date']),
        ['org_id', 'location_id', 'business_date'],
        ['org_id', 'location_id', 'business_date', 'measure', 'key']
    ) }}"
) }}

{% set day = ['org_id', 'location_id', 'business_date'] %}

with {% call touched(day) %}{{ since('day_close_figure', day) }}{% endcall %}

select
    figure.org_id,
    figure.location_id,
    figure.business_date,
    figure.measure,
    figure.key,
    figure.amount_minor,
    {{ build_id() }}
from {{ ref('stg_operational__day_close_figure') }} as figure
{{ only_touched('figure', day) }}
