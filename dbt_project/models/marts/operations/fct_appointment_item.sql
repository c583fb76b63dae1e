-- Grain: one service of an appointment.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_appointments(),
        ['org_id', 'appointment_id'],
        ['org_id', 'appointment_item_id']
    ) }}"
) }}

with {% call touched(['org_id', 'appointment_id']) %}{{ touched_appointments() }}{% endcall %}

select
    item.org_id,
    item.appointment_item_id,
    item.appointment_id,
    client.client_key,
    appointment.location_id,
    appointment.business_date,
    item.service_id,
    service.category_id,
    item.provider_id,
    item.starts_at,
    item.ends_at,
    item.performed,
    appointment.status,
    {{ build_id() }}
from {{ ref('stg_operational__appointment_item') }} as item
{{ only_touched('item', ['org_id', 'appointment_id']) }}
inner join {{ ref('stg_operational__appointment') }} as appointment
    on appointment.org_id = item.org_id and appointment.appointment_id = item.appointment_id
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = appointment.org_id and client.client_id = appointment.client_id
inner join {{ ref('stg_operational__service') }} as service
    on service.org_id = item.org_id and service.service_id = item.service_id
