-- Grain: one tax jurisdiction.
select
    org_id,
    id as jurisdiction_id,
    location_id,
    name,
    _batch_id
from {{ source('raw', 'tax_jurisdiction') }}
