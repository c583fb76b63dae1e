-- Grain: one appointment.
select
    org_id,
    id as appointment_id,
    client_id,
    location_id,
    starts_at,
    ends_at,
    business_date,
    status,
    source,
    booked_at,
    booked_by,
    arrived_at,
    completed_at,
    cancelled_at,
    cancelled_by,
    follow_up_of_id,
    rescheduled_from_id,
    _batch_id
from {{ source('raw', 'appointment') }}
