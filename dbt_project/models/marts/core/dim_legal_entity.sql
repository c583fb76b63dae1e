-- Grain: one legal entity.
select
    org_id,
    legal_entity_id,
    name,
    currency,
    {{ build_id() }}
from {{ ref('stg_operational__legal_entity') }}
