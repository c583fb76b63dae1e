-- Grain: one figure of a location's business day, in the words of the frozen close.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ replace_touched(touched_days(), ['org_id', 'location_id', 'business_date'], ['org_id', 'location_id', 'business_date', 'measure', 'key']) }}"
) }}

{# Every measure: what it is split by, what it sums, over which rows. #}
{% set lines, memos = ref('fct_invoice_line'), ref('fct_credit_memo_line') %}
{% set payments, payouts = ref('fct_payment'), ref('fct_payout') %}
{% set billed, paid = "invoice_status <> 'voided'", "status = 'succeeded'" %}
{% set returned = "status = 'succeeded' and tender is not null" %}
{% set parts = [
    {'measure': 'account', 'key': 'account', 'amount': 'amount_minor', 'relation': ref('fct_posting'), 'where': 'true'},
    {'measure': 'recognised', 'key': "''", 'amount': '-amount_minor', 'relation': ref('fct_posting'),
     'where': "account_kind = 'revenue'"},
    {'measure': 'gross_billed', 'key': 'kind', 'amount': 'list_minor', 'relation': lines, 'where': billed},
    {'measure': 'discounts', 'key': 'discount_reason', 'amount': 'discount_minor', 'relation': lines,
     'where': billed ~ ' and discount_minor > 0'},
    {'measure': 'net_billed', 'key': "''", 'amount': 'net_minor', 'relation': lines, 'where': billed},
    {'measure': 'tax_billed', 'key': "''", 'amount': 'tax_minor', 'relation': lines, 'where': billed},
    {'measure': 'credit_memos', 'key': 'reason', 'amount': 'net_minor', 'relation': memos, 'where': 'true'},
    {'measure': 'net_billed', 'key': "''", 'amount': '-net_minor', 'relation': memos, 'where': 'true'},
    {'measure': 'tax_billed', 'key': "''", 'amount': '-tax_minor', 'relation': memos, 'where': 'true'},
    {'measure': 'received', 'key': 'tender', 'amount': 'amount_minor', 'relation': payments, 'where': paid},
    {'measure': 'collected', 'key': 'tender', 'amount': 'amount_minor', 'relation': payments, 'where': paid},
    {'measure': 'tips', 'key': "''", 'amount': 'tip_minor', 'relation': payments, 'where': paid},
    {'measure': 'paid_out', 'key': 'tender', 'amount': 'amount_minor', 'relation': payouts, 'where': returned},
    {'measure': 'collected', 'key': 'tender', 'amount': '-amount_minor', 'relation': payouts, 'where': returned},
    {'measure': 'tips', 'key': "''", 'amount': '-tip_minor', 'relation': payouts, 'where': returned},
    {'measure': 'over_short', 'key': "''", 'amount': 'over_short_minor', 'relation': ref('fct_drawer_session'),
     'where': "status = 'closed'"},
] %}

with touched (org_id, location_id, business_date) as (
    {{ touched_days() }}
),

figures as (
    {% for part in parts %}
    select
        part.org_id,
        part.location_id,
        part.business_date,
        '{{ part.measure }}' as measure,
        {{ part.key }} as key,
        {{ part.amount }} as amount_minor
    from {{ part.relation }} as part
    {{ only_touched('part', ['org_id', 'location_id', 'business_date']) }}
    where {{ part.where }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

summed as (
    select
        org_id,
        location_id,
        business_date,
        measure,
        key,
        cast(sum(amount_minor) as bigint) as amount_minor
    from figures
    group by org_id, location_id, business_date, measure, key
    having sum(amount_minor) <> 0
)

select
    summed.org_id,
    summed.location_id,
    summed.business_date,
    summed.measure,
    summed.key,
    location.legal_entity_id,
    summed.amount_minor,
    location.currency,
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
