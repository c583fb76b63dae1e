-- Grain: one location.
select
    org_id,
    location_id,
    legal_entity_id,
    name,
    code,
    timezone,
    currency,
    state,
    cast(cutover_hour as integer) as cutover_hour,
    active,
    {{ build_id() }}
from {{ ref('stg_operational__location') }}
