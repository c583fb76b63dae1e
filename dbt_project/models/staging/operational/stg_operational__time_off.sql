-- Grain: one time in which a provider is away, a room or device is down, or a location is closed.
select
    org_id,
    id as time_off_id,
    location_id,
    subject_kind,
    subject_id,
    starts_at,
    ends_at,
    status,
    paid,
    _batch_id
from {{ source('raw', 'time_off') }}
