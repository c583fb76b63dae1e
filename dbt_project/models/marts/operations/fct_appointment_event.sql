-- Grain: one event of an appointment, with the time until which it was the last one.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_appointments(),
        ['org_id', 'appointment_id'],
        ['org_id', 'event_id']
    ) }}"
) }}

with {% call touched(['org_id', 'appointment_id']) %}{{ touched_appointments() }}{% endcall %},

events as (
    select
        past.*,
        row_number() over (
            partition by past.org_id, past.appointment_id order by past.happened_at, past.history_id
        ) as place,
        lead(past.happened_at) over (
            partition by past.org_id, past.appointment_id order by past.happened_at, past.history_id
        ) as until_at
    from {{ ref('stg_operational__appointment_history') }} as past
    {{ only_touched('past', ['org_id', 'appointment_id']) }}
)

select
    events.org_id,
    events.history_id as event_id,
    events.appointment_id,
    client.client_key,
    events.location_id,
    events.business_date,
    cast(events.place as integer) as place,
    events.event,
    events.happened_at,
    events.until_at,
    events.scheduled_start,
    {{ business_date_of('events.scheduled_start', 'location') }} as scheduled_on,
    events.event in (
        'booked', 'confirmed', 'moved', 'restored', 'items_changed', 'undone', 'must_move'
    ) as is_holding,
    events.staff_id,
    events.reason,
    events.override is not null as is_overridden,
    {{ build_id() }}
from events
inner join {{ ref('stg_operational__appointment') }} as appointment
    on appointment.org_id = events.org_id and appointment.appointment_id = events.appointment_id
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = appointment.org_id and client.client_id = appointment.client_id
inner join {{ ref('stg_operational__location') }} as location
    on location.org_id = events.org_id and location.location_id = events.location_id
