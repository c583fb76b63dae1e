-- Grain: one organization.
select
    org_id,
    name,
    slug,
    _batch_id
from {{ source('raw', 'organization') }}
