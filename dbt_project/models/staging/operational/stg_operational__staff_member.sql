-- Grain: one staff member.
select
    org_id,
    id as staff_id,
    label,
    is_provider,
    active,
    _batch_id
from {{ source('raw', 'staff_member') }}
