-- Grain: one package that is or was offered.
select
    org_id,
    id as package_plan_id,
    name,
    price_minor,
    expires_after_days,
    active,
    _batch_id
from {{ source('raw', 'package_plan') }}
