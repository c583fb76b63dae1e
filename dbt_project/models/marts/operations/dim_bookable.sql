-- Grain: one provider, room or device whose time can be booked.
select
    org_id,
    staff_id as subject_id,
    'provider' as kind,
    label as name,
    active,
    {{ build_id() }}
from {{ ref('stg_operational__staff_member') }}

union all

select
    org_id,
    resource_id as subject_id,
    kind,
    name,
    active,
    {{ build_id() }}
from {{ ref('stg_operational__resource') }}
