-- Grain: one package sold.
select
    org_id,
    id as package_id,
    client_id,
    location_id,
    package_plan_id,
    currency,
    sold_on,
    price_minor,
    expires_on,
    _batch_id
from {{ source('raw', 'package') }}
