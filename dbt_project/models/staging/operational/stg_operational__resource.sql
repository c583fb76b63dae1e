-- Grain: one room or device.
select
    org_id,
    id as resource_id,
    location_id,
    kind,
    name,
    tag,
    active,
    _batch_id
from {{ source('raw', 'resource') }}
