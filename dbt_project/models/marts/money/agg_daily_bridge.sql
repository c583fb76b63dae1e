-- Grain: one component of a leg of the bridge on a location's business day.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_bridge_days(),
        ['org_id', 'location_id', 'business_date'],
        ['org_id', 'location_id', 'business_date', 'leg', 'component']
    ) }}"
) }}

{% set day = ['org_id', 'location_id', 'business_date'] %}

with {% call touched(day) %}{{ touched_bridge_days() }}{% endcall %},

-- A dozen components are sums of postings by these.
postings as (
    select
        {{ columns('part', day) }},
        part.account,
        part.account_kind,
        part.event,
        part.source_kind,
        sum(part.amount_minor) as amount_minor
    from {{ ref('fct_posting') }} as part
    {{ only_touched('part', day) }}
    group by {{ columns('part', day) }}, part.account, part.account_kind, part.event, part.source_kind
),

moved as (
    {% for leg, component, side, amount, relation, condition in bridge_of_sales() + bridge_of_funds() %}
    select
        {{ columns('part', day) }},
        '{{ leg }}' as leg,
        '{{ component }}' as component,
        '{{ side }}' as side,
        {{ amount }} as amount_minor
    from {{ 'postings' if relation | string == ref('fct_posting') | string else relation }} as part
    {{ only_touched('part', day) }}
    where {{ condition }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    {{ columns('moved', day) }},
    moved.leg,
    moved.component,
    moved.side,
    location.legal_entity_id,
    location.currency,
    cast(sum(moved.amount_minor) as bigint) as amount_minor,
    {{ build_id() }}
from moved
inner join {{ ref('dim_location') }} as location
    on location.org_id = moved.org_id and location.location_id = moved.location_id
group by
    {{ columns('moved', day) }},
    moved.leg,
    moved.component,
    moved.side,
    location.legal_entity_id,
    location.currency
