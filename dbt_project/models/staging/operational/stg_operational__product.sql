-- Grain: one product.
select
    org_id,
    id as product_id,
    category_id,
    name,
    unit,
    price_minor,
    is_retail,
    tax_class,
    cycle_days,
    contact_from_days,
    contact_until_days,
    earliest_days,
    active,
    _batch_id
from {{ source('raw', 'product') }}
