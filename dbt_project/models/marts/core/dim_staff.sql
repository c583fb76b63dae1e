-- Grain: one staff member.
select
    org_id,
    staff_id,
    label,
    is_provider,
    active,
    {{ build_id() }}
from {{ ref('stg_operational__staff_member') }}
