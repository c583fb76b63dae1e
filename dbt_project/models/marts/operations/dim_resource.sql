-- Grain: one room or device.
select
    org_id,
    resource_id,
    location_id,
    kind,
    name,
    tag,
    active,
    {{ build_id() }}
from {{ ref('stg_operational__resource') }}
