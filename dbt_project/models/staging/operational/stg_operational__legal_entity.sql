-- Grain: one legal entity.
select
    org_id,
    id as legal_entity_id,
    name,
    currency,
    _batch_id
from {{ source('raw', 'legal_entity') }}
