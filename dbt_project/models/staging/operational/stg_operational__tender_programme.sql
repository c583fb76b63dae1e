-- Grain: one third party that pays for clients.
select
    org_id,
    id as programme_id,
    name,
    kind,
    active,
    _batch_id
from {{ source('raw', 'tender_programme') }}
