-- Grain: one claim of an appointment on a subject's time.
select
    org_id,
    id as occupancy_id,
    appointment_id,
    subject_kind,
    subject_id,
    starts_at,
    ends_at,
    hard,
    active,
    created_at as claimed_at,
    _batch_id
from {{ source('raw', 'occupancy') }}
-- Claims of holds are nobody's visit.
where appointment_id is not null
