-- Grain: one drawer movement.
select
    org_id,
    id as drawer_movement_id,
    drawer_session_id,
    kind,
    amount_minor,
    provider_id,
    reason,
    staff_id,
    _batch_id
from {{ source('raw', 'drawer_movement') }}
