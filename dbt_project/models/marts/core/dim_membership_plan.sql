-- Grain: one membership that is or was offered.
select
    org_id,
    membership_plan_id,
    name,
    active,
    {{ build_id() }}
from {{ ref('stg_operational__membership_plan') }}
