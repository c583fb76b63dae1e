-- Grain: one figure of a closed day, as the close froze it.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ replace_touched(
        since('day_close_figure', ['org_id', 'location_id', 'business_date']),
        ['org_id', 'location_id', 'business_date'],
        ['org_id', 'location_id', 'business_date', 'measure', 'key']
    ) }}"
) }}

with {% call touched(['org_id', 'location_id', 'business_date']) %}{{ since('day_close_figure', ['org_id', 'location_id', 'business_date']) }}{% endcall %}

select
    figure.org_id,
    figure.location_id,
    figure.business_date,
    figure.measure,
    figure.key,
    figure.amount_minor,
    {{ build_id() }}
from {{ ref('stg_operational__day_close_figure') }} as figure
{{ only_touched('figure', ['org_id', 'location_id', 'business_date']) }}
