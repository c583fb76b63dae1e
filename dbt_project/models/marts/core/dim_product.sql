-- Grain: one product.
select
    org_id,
    product_id,
    category_id,
    name,
    unit,
    price_minor,
    is_retail,
    cycle_days,
    contact_from_days,
    contact_until_days,
    earliest_days,
    active,
    {{ build_id() }}
from {{ ref('stg_operational__product') }}
