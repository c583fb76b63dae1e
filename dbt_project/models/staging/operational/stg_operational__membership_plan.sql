-- Grain: one membership that is or was offered.
select
    org_id,
    id as membership_plan_id,
    name,
    active,
    _batch_id
from {{ source('raw', 'membership_plan') }}
