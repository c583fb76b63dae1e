-- Grain: one signed treatment record.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_rows('treatment_record'),
        ['org_id', 'treatment_id'],
        ['org_id', 'treatment_id']
    ) }}"
) }}

with {% call touched(['org_id', 'treatment_id']) %}{{ touched_rows('treatment_record') }}{% endcall %}

select
    treatment.org_id,
    treatment.treatment_id,
    client.client_key,
    treatment.location_id,
    treatment.provider_id,
    treatment.category_id,
    treatment.product_id,
    treatment.intent,
    treatment.source,
    treatment.area,
    treatment.quantity_milli,
    treatment.performed_at,
    treatment.business_date,
    treatment.next_due_on,
    treatment.appointment_item_id,
    {{ build_id() }}
from {{ ref('stg_operational__treatment_record') }} as treatment
{{ only_touched('treatment', ['org_id', 'treatment_id']) }}
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = treatment.org_id and client.client_id = treatment.client_id
where treatment.status = 'signed'
