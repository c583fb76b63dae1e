-- Grain: one version of a membership plan.
select
    org_id,
    id as membership_plan_version_id,
    membership_plan_id,
    number,
    price_minor,
    period_months,
    rollover_periods,
    _batch_id
from {{ source('raw', 'membership_plan_version') }}
