-- Grain: one amount that settled part of an invoice.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_rows('allocation'),
        ['org_id', 'allocation_id'],
        ['org_id', 'allocation_id']
    ) }}"
) }}

with {% call touched(['org_id', 'allocation_id']) %}{{ touched_rows('allocation') }}{% endcall %}

select
    allocation.org_id,
    allocation.allocation_id,
    allocation.invoice_id,
    allocation.source,
    allocation.payment_id,
    allocation.gift_card_id,
    client.client_key,
    allocation.location_id,
    allocation.amount_minor,
    allocation.business_date,
    {{ build_id() }}
from {{ ref('stg_operational__allocation') }} as allocation
{{ only_touched('allocation', ['org_id', 'allocation_id']) }}
left join {{ ref('int_clients__resolved') }} as client
    on client.org_id = allocation.org_id and client.client_id = allocation.client_id
