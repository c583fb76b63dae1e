-- Grain: one service.
select
    org_id,
    service_id,
    category_id,
    name,
    price_minor,
    billed_by_unit,
    active,
    {{ build_id() }}
from {{ ref('stg_operational__service') }}
