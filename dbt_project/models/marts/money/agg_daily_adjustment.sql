-- Grain: one way, reason and kind of line by which billed amounts were lowered on a location's business day.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_days(),
        ['org_id', 'location_id', 'business_date'],
        ['org_id', 'location_id', 'business_date', 'adjustment', 'reason', 'kind']
    ) }}"
) }}

{% set day = ['org_id', 'location_id', 'business_date'] %}
{# The way, its reason, the amount, and which rows are meant. #}
{% set lines, memos = ref('fct_invoice_line'), ref('fct_credit_memo_line') %}
{% set parts = [
    ('discount', 'part.discount_reason', 'part.discount_minor', lines,
        "part.invoice_status <> 'voided' and part.discount_minor > 0"),
    ('void', "'voided'", 'part.list_minor', lines, "part.invoice_status = 'voided'"),
    ('credit_memo', 'part.reason', 'part.net_minor', memos, 'true'),
] %}

with {% call touched(day) %}{{ touched_days() }}{% endcall %},

lowered as (
    {% for adjustment, reason, amount, relation, condition in parts %}
    select
        {{ columns('part', day) }},
        '{{ adjustment }}' as adjustment,
        {{ reason }} as reason,
        part.kind,
        {{ amount }} as amount_minor
    from {{ relation }} as part
    {{ only_touched('part', day) }}
    where {{ condition }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    {{ columns('lowered', day) }},
    lowered.adjustment,
    lowered.reason,
    lowered.kind,
    location.legal_entity_id,
    location.currency,
    cast(count(*) as integer) as lines,
    cast(sum(lowered.amount_minor) as bigint) as amount_minor,
    {{ build_id() }}
from lowered
inner join {{ ref('dim_location') }} as location
    on location.org_id = lowered.org_id and location.location_id = lowered.location_id
group by
    {{ columns('lowered', day) }},
    lowered.adjustment,
    lowered.reason,
    lowered.kind,
    location.legal_entity_id,
    location.currency
