-- Grain: one drawer.
select
    org_id,
    id as drawer_id,
    location_id,
    name,
    kind,
    _batch_id
from {{ source('raw', 'drawer') }}
