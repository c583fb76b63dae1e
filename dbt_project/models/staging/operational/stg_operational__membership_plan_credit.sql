-- Grain: one credit that each period of a version grants.
select
    org_id,
    id as membership_plan_credit_id,
    membership_plan_version_id,
    position,
    service_id,
    product_id,
    quantity_milli,
    _batch_id
from {{ source('raw', 'membership_plan_credit') }}
