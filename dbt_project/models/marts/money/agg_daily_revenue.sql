-- Grain: one kind, category, service, product and provider of a location's business day.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_days(),
        ['org_id', 'location_id', 'business_date'],
        ['org_id', 'revenue_key']
    ) }}"
) }}

{% set day = ['org_id', 'location_id', 'business_date'] %}
{% set dimensions = ['kind', 'category_id', 'service_id', 'product_id', 'provider_id', 'currency'] %}
{% set amounts = [
    'lines', 'quantity_milli', 'gross_minor', 'discount_minor', 'credited_minor', 'voided_minor', 'tax_minor',
    'recognised_minor'
] %}
{# Where each amount comes from; what a part does not name is 0 in it. #}
{% set parts = [
    (ref('fct_invoice_line'), "part.invoice_status <> 'voided'", {
        'lines': '1', 'quantity_milli': 'part.quantity_milli', 'gross_minor': 'part.list_minor',
        'discount_minor': 'part.discount_minor', 'tax_minor': 'part.tax_minor'
    }),
    (ref('fct_invoice_line'), "part.invoice_status = 'voided'", {'voided_minor': 'part.list_minor'}),
    (ref('fct_credit_memo_line'), 'true', {
        'credited_minor': 'part.net_minor', 'tax_minor': '-part.tax_minor'
    }),
    ('recognised', 'true', {'recognised_minor': '-part.amount_minor'}),
] %}

with {% call touched(day) %}{{ touched_days() }}{% endcall %},

recognised as (
    select
        posting.org_id,
        posting.location_id,
        posting.business_date,
        coalesce(line.kind, 'other') as kind,
        line.category_id,
        line.service_id,
        line.product_id,
        line.provider_id,
        posting.currency,
        posting.amount_minor
    from {{ ref('fct_posting') }} as posting
    {{ only_touched('posting', day) }}
    left join {{ ref('fct_invoice_line') }} as line
        on line.org_id = posting.org_id and line.invoice_line_id = posting.invoice_line_id
    where posting.account_kind = 'revenue'
),

movements as (
    {% for relation, condition, filled in parts %}
    select
        {% for column in day + dimensions %}
        part.{{ column }},
        {% endfor %}
        {% for amount in amounts %}
        {{ filled.get(amount, '0') }} as {{ amount }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }} as part
    {{ only_touched('part', day) }}
    where {{ condition }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

summed as (
    select
        {{ (day + dimensions) | join(',\n        ') }},
        {% for amount in amounts %}
        cast(sum({{ amount }}) as bigint) as {{ amount }}{{ ',' if not loop.last }}
        {% endfor %}
    from movements
    group by {{ (day + dimensions) | join(', ') }}
)

select
    summed.org_id,
    {{ hashed_key(['location_id', 'business_date'] + dimensions, 'summed') }} as revenue_key,
    summed.location_id,
    location.legal_entity_id,
    summed.business_date,
    summed.kind,
    summed.category_id,
    summed.service_id,
    summed.product_id,
    summed.provider_id,
    summed.currency,
    cast(summed.lines as integer) as lines,
    summed.quantity_milli,
    summed.gross_minor as gross_billed_minor,
    summed.discount_minor,
    summed.credited_minor as credit_memo_minor,
    summed.gross_minor - summed.discount_minor - summed.credited_minor as net_billed_minor,
    summed.voided_minor,
    summed.tax_minor,
    summed.recognised_minor,
    coalesce(day.status, 'open') as day_status,
    {{ build_id() }}
from summed
inner join {{ ref('dim_location') }} as location
    on location.org_id = summed.org_id and location.location_id = summed.location_id
left join {{ ref('fct_business_day') }} as day
    on {{ same('day', 'summed', day) }}
