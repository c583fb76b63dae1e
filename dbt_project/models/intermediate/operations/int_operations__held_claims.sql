-- Grain: one claim that its visit held until it ended: what was given back before the visit's time is out.
-- Whoever misses a visit, or leaves untreated, frees what is left of its time for others; it was booked all the same.
select
    appointment.org_id,
    appointment.location_id,
    appointment.business_date,
    claim.subject_kind,
    claim.subject_id,
    claim.starts_at,
    claim.ends_at,
    appointment.status = 'completed' as is_completed
from {{ ref('stg_operational__appointment') }} as appointment
inner join {{ ref('stg_operational__occupancy') }} as claim
    on claim.org_id = appointment.org_id and claim.appointment_id = appointment.appointment_id
where
    claim.active
    or (
        appointment.status in ('no_show', 'arrived_not_treated', 'left_before_service')
        and not exists (
            select 1
            from {{ ref('stg_operational__appointment_history') }} as past
            where
                past.org_id = claim.org_id
                and past.appointment_id = claim.appointment_id
                and past.happened_at > claim.claimed_at
                and past.event in ('moved', 'cancelled', 'late_cancelled', 'items_changed', 'undone')
        )
    )
