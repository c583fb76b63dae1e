-- Grain: one lead.
select
    org_id,
    id as lead_id,
    client_id,
    location_id,
    source,
    status,
    lost_reason,
    received_at,
    contacted_at,
    converted_at,
    lost_at,
    may_contact,
    _batch_id
from {{ source('raw', 'lead') }}
