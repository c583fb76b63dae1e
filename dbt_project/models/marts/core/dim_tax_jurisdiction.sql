-- Grain: one tax jurisdiction of a location.
select
    org_id,
    jurisdiction_id,
    location_id,
    name,
    {{ build_id() }}
from {{ ref('stg_operational__tax_jurisdiction') }}
