-- Grain: one appointment.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_appointments(),
        ['org_id', 'appointment_id'],
        ['org_id', 'appointment_id']
    ) }}"
) }}

with {% call touched(['org_id', 'appointment_id']) %}{{ touched_appointments() }}{% endcall %},

history as (
    select
        event.org_id,
        event.appointment_id,
        max(event.scheduled_start) filter (where event.place = 1) as last_scheduled_start,
        count(*) filter (where event.event = 'moved') as moves
    from (
        select
            past.org_id,
            past.appointment_id,
            past.event,
            past.scheduled_start,
            row_number() over (
                partition by past.org_id, past.appointment_id
                order by past.happened_at desc, past.history_id desc
            ) as place
        from {{ ref('stg_operational__appointment_history') }} as past
        {{ only_touched('past', ['org_id', 'appointment_id']) }}
    ) as event
    group by event.org_id, event.appointment_id
)

select
    appointment.org_id,
    appointment.appointment_id,
    client.client_key,
    appointment.location_id,
    appointment.business_date,
    appointment.starts_at,
    appointment.ends_at,
    coalesce(history.last_scheduled_start, appointment.starts_at) as last_scheduled_start,
    appointment.status,
    appointment.source,
    appointment.booked_at,
    appointment.booked_by,
    appointment.arrived_at,
    appointment.completed_at,
    appointment.cancelled_at,
    appointment.cancelled_by,
    cast(coalesce(history.moves, 0) as integer) as moves,
    cast({{ dbt.datediff('appointment.booked_at', 'appointment.starts_at', 'minute') }} as bigint)
        as lead_minutes,
    -- Walk-ins and what the practice cancelled are no scheduled visits (metrics, section 1).
    appointment.source <> 'walk_in' and appointment.status in (
        'completed', 'left_before_service', 'arrived_not_treated', 'no_show', 'late_cancelled'
    ) as is_scheduled,
    appointment.status = 'no_show' as is_no_show,
    appointment.status = 'completed' as is_completed,
    {{ build_id() }}
from {{ ref('stg_operational__appointment') }} as appointment
{{ only_touched('appointment', ['org_id', 'appointment_id']) }}
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = appointment.org_id and client.client_id = appointment.client_id
left join history
    on history.org_id = appointment.org_id and history.appointment_id = appointment.appointment_id
