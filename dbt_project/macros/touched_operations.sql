{# Business days of a location whose shifts, time off, claims or resources moved. #}
{% macro touched_utilization_days() -%}
{{ since('appointment', ['org_id', 'location_id', 'business_date']) }}
union
select appointment.org_id, appointment.location_id, appointment.business_date
from {{ source('raw', 'appointment') }} as appointment
inner join (
    {{ since('occupancy', ['org_id', 'appointment_id']) }}
    union
    {{ since('appointment_history', ['org_id', 'appointment_id']) }}
    union
    {{ since('appointment_item', ['org_id', 'appointment_id']) }}
    union
    select item.org_id, item.appointment_id
    from {{ source('raw', 'appointment_item') }} as item
    inner join ({{ since('appointment_item_resource', ['org_id', 'appointment_item_id']) }}) as used
        on used.org_id = item.org_id and used.appointment_item_id = item.id
) as moved
    on moved.org_id = appointment.org_id and moved.appointment_id = appointment.id
union
select shift.org_id, shift.location_id, {{ business_date_of('shift.starts_at', 'location') }} as business_date
from (
    {{ since('shift', ['org_id', 'location_id', 'starts_at']) }}
    union
    select shift.org_id, shift.location_id, shift.starts_at
    from {{ source('raw', 'shift') }} as shift
    inner join ({{ since('resource', ['org_id', 'location_id']) }}) as moved
        on moved.org_id = shift.org_id and moved.location_id = shift.location_id
    union
    select shift.org_id, shift.location_id, shift.starts_at
    from {{ source('raw', 'shift') }} as shift
    inner join ({{ since('time_off', ['org_id', 'location_id', 'subject_id', 'starts_at', 'ends_at']) }}) as off
        on
            off.org_id = shift.org_id
            and (off.location_id = shift.location_id or off.subject_id = shift.staff_id)
            and off.starts_at < shift.ends_at
            and off.ends_at > shift.starts_at
) as shift
inner join {{ source('raw', 'location') }} as location
    on location.org_id = shift.org_id and location.id = shift.location_id
{%- endmacro %}

{# Clients whose visits may read differently: their own rows, and events and claims of their appointments. #}
{% macro touched_visitors() -%}
{{ touched_clients() }}
union
select resolved.org_id, resolved.client_key
from {{ ref('int_clients__resolved') }} as resolved
inner join {{ source('raw', 'appointment') }} as appointment
    on appointment.org_id = resolved.org_id and appointment.client_id = resolved.client_id
inner join ({{ since('appointment_history', ['org_id', 'appointment_id']) }}) as moved
    on moved.org_id = appointment.org_id and moved.appointment_id = appointment.id
{%- endmacro %}

{# The same, and everybody last seen by a member of staff who came or left. #}
{% macro touched_profiles() -%}
{{ touched_visitors() }}
union
select visit.org_id, visit.client_key
from {{ ref('fct_visit') }} as visit
inner join ({{ since('staff_member', ['org_id', 'id']) }}) as staff
    on staff.org_id = visit.org_id and staff.id = visit.provider_id
{%- endmacro %}
