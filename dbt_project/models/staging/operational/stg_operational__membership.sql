-- Grain: one membership.
select
    org_id,
    id as membership_id,
    client_id,
    location_id,
    membership_plan_version_id,
    currency,
    joined_on,
    status,
    next_bill_on,
    cancelled_on,
    cancel_reason,
    ends_on,
    _batch_id
from {{ source('raw', 'membership') }}
