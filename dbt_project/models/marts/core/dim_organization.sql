-- Grain: one organization.
select
    org_id,
    name,
    slug,
    {{ build_id() }}
from {{ ref('stg_operational__organization') }}
