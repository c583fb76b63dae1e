-- Grain: one time that quantity and value left a prepaid entitlement, where and when it happened.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_entitlement_movements(),
        ['org_id', 'entitlement_movement_id'],
        ['org_id', 'entitlement_movement_id']
    ) }}"
) }}

with {% call touched(['org_id', 'entitlement_movement_id']) %}{{ touched_entitlement_movements() }}{% endcall %}

select
    movement.org_id,
    movement.entitlement_movement_id,
    movement.entitlement_id,
    movement.location_id,
    held.location_id as issuer_location_id,
    movement.business_date,
    movement.kind,
    client.client_key,
    held.package_id,
    held.membership_id,
    held.service_id,
    held.product_id,
    movement.quantity_milli,
    movement.value_minor,
    location.currency,
    held.taxed_at_sale,
    movement.invoice_line_id,
    movement.credit_memo_id,
    {{ build_id() }}
from {{ ref('stg_operational__entitlement_movement') }} as movement
{{ only_touched('movement', ['org_id', 'entitlement_movement_id']) }}
inner join {{ ref('stg_operational__entitlement') }} as held
    on held.org_id = movement.org_id and held.entitlement_id = movement.entitlement_id
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = held.org_id and client.client_id = held.client_id
inner join {{ ref('stg_operational__location') }} as location
    on location.org_id = movement.org_id and location.location_id = movement.location_id
