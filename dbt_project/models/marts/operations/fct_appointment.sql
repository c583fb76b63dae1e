-- Grain: one appointment.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_appointments(),
        ['org_id', 'appointment_id'],
        ['org_id', 'appointment_id'],
        true
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
),

first_items as (
    select items.org_id, items.appointment_id, items.provider_id
    from (
        select
            item.org_id,
            item.appointment_id,
            item.provider_id,
            row_number() over (
                partition by item.org_id, item.appointment_id order by item.position, item.appointment_item_id
            ) as place
        from {{ ref('stg_operational__appointment_item') }} as item
        {{ only_touched('item', ['org_id', 'appointment_id']) }}
    ) as items
    where items.place = 1
)

select
    appointment.org_id,
    appointment.appointment_id,
    client.client_key,
    appointment.location_id,
    first_items.provider_id,
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
    -- Walk-ins were never booked; an imported history holds sales only, so nothing of it could be missed.
    appointment.source not in ('walk_in', 'import') as is_booked,
    -- What the practice cancelled is no scheduled visit.
    appointment.source not in ('walk_in', 'import') and appointment.status in (
        'completed', 'left_before_service', 'arrived_not_treated', 'no_show', 'late_cancelled'
    ) as is_scheduled,
    appointment.status = 'no_show' as is_no_show,
    appointment.status = 'completed' as is_completed,
    appointment.status in ('cancelled', 'late_cancelled')
    and coalesce(appointment.cancelled_by = 'client', false) as is_cancelled_by_client,
    appointment.status = 'late_cancelled' as is_late_cancelled,
    appointment.status = 'cancelled'
    and coalesce(appointment.cancelled_by = 'practice', false) as is_cancelled_by_practice,
    coalesce(history.moves, 0) > 0
    or coalesce(appointment.cancelled_by = 'reschedule', false) as is_rescheduled,
    {{ build_id() }}
from {{ ref('stg_operational__appointment') }} as appointment
{{ only_touched('appointment', ['org_id', 'appointment_id']) }}
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = appointment.org_id and client.client_id = appointment.client_id
left join history
    on history.org_id = appointment.org_id and history.appointment_id = appointment.appointment_id
left join first_items
    on first_items.org_id = appointment.org_id and first_items.appointment_id = appointment.appointment_id
