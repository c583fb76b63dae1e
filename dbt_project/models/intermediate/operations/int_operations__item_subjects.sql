-- Grain: one provider, room or device of an item of a completed visit.
{% for subject_id, joined in [
    ('item.provider_id', ''),
    ('used.resource_id', 'inner join ' ~ ref('stg_operational__appointment_item_resource') ~ ' as used
    on used.org_id = item.org_id and used.appointment_item_id = item.appointment_item_id'),
] %}
select
    appointment.org_id,
    appointment.location_id,
    appointment.business_date,
    {{ subject_id }} as subject_id,
    item.performed,
    item.starts_at,
    item.ends_at
from {{ ref('stg_operational__appointment') }} as appointment
inner join {{ ref('stg_operational__appointment_item') }} as item
    on item.org_id = appointment.org_id and item.appointment_id = appointment.appointment_id
{{ joined }}
where appointment.status = 'completed'
{{ 'union all' if not loop.last }}
{% endfor %}
