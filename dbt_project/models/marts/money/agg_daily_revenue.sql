-- Grain: one kind, category, service, product and provider of a location's business day.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ replace_touched(
        touched_days(),
        ['org_id', 'location_id', 'business_date'],
        ['org_id', 'revenue_key']
    ) }}"
) }}

{% set sums = [
    'lines', 'quantity_milli', 'gross_minor', 'discount_minor', 'credited_minor', 'tax_minor', 'recognised_minor'
] %}
{% set dimensions = [
    'summed.location_id', 'summed.business_date', 'summed.kind', 'summed.category_id', 'summed.service_id',
    'summed.product_id', 'summed.provider_id', 'summed.currency'
] %}

with {% call touched(['org_id', 'location_id', 'business_date']) %}{{ touched_days() }}{% endcall %},

movements as (
    select
        line.org_id,
        line.location_id,
        line.business_date,
        line.kind,
        line.category_id,
        line.service_id,
        line.product_id,
        line.provider_id,
        line.currency,
        1 as lines,
        line.quantity_milli,
        line.list_minor as gross_minor,
        line.discount_minor,
        0 as credited_minor,
        line.tax_minor,
        0 as recognised_minor
    from {{ ref('fct_invoice_line') }} as line
    {{ only_touched('line', ['org_id', 'location_id', 'business_date']) }}
    where line.invoice_status <> 'voided'

    union all

    select
        memo.org_id,
        memo.location_id,
        memo.business_date,
        memo.kind,
        memo.category_id,
        memo.service_id,
        memo.product_id,
        memo.provider_id,
        memo.currency,
        0 as lines,
        0 as quantity_milli,
        0 as gross_minor,
        0 as discount_minor,
        memo.net_minor as credited_minor,
        -memo.tax_minor as tax_minor,
        0 as recognised_minor
    from {{ ref('fct_credit_memo_line') }} as memo
    {{ only_touched('memo', ['org_id', 'location_id', 'business_date']) }}

    union all

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
        0 as lines,
        0 as quantity_milli,
        0 as gross_minor,
        0 as discount_minor,
        0 as credited_minor,
        0 as tax_minor,
        -posting.amount_minor as recognised_minor
    from {{ ref('fct_posting') }} as posting
    {{ only_touched('posting', ['org_id', 'location_id', 'business_date']) }}
    left join {{ ref('fct_invoice_line') }} as line
        on line.org_id = posting.org_id and line.invoice_line_id = posting.invoice_line_id
    where posting.account_kind = 'revenue'
),

summed as (
    select
        org_id,
        location_id,
        business_date,
        kind,
        category_id,
        service_id,
        product_id,
        provider_id,
        currency,
        {% for column in sums %}
        cast(sum({{ column }}) as bigint) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from movements
    group by org_id, location_id, business_date, kind, category_id, service_id, product_id, provider_id, currency
)

select
    summed.org_id,
    {{ hashed_key(dimensions) }} as revenue_key,
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
    summed.tax_minor,
    summed.recognised_minor,
    coalesce(day.status, 'open') as day_status,
    {{ build_id() }}
from summed
inner join {{ ref('dim_location') }} as location
    on location.org_id = summed.org_id and location.location_id = summed.location_id
left join {{ ref('fct_business_day') }} as day
    on
        day.org_id = summed.org_id
        and day.location_id = summed.location_id
        and day.business_date = summed.business_date
