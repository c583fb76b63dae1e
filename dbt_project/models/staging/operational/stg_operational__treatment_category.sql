-- Grain: one treatment category.
select
    org_id,
    id as category_id,
    code,
    name,
    cycle_days,
    contact_from_days,
    contact_until_days,
    earliest_days,
    _batch_id
from {{ source('raw', 'treatment_category') }}
