-- Grain: one shift.
select
    org_id,
    id as shift_id,
    staff_id,
    location_id,
    starts_at,
    ends_at,
    active,
    _batch_id
from {{ source('raw', 'shift') }}
