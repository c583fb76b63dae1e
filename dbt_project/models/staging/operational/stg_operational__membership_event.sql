-- Grain: one thing that happened to a membership.
select
    org_id,
    id as membership_event_id,
    membership_id,
    kind,
    business_date,
    membership_period_id,
    membership_plan_version_id,
    created_at,
    _batch_id
from {{ source('raw', 'membership_event') }}
