-- Grain: one client.
select
    org_id,
    id as client_id,
    client_key,
    birth_month,
    state,
    zip3,
    source,
    flags,
    home_location_id,
    merged_into_id,
    _batch_id
from {{ source('raw', 'client') }}
