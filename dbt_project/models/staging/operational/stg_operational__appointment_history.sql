-- Grain: one appointment history.
select
    org_id,
    id as history_id,
    appointment_id,
    location_id,
    event,
    happened_at,
    business_date,
    scheduled_start,
    staff_id,
    override,
    reason,
    _batch_id
from {{ source('raw', 'appointment_history') }}
