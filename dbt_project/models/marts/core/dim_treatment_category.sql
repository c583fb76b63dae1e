-- Grain: one treatment category.
select
    org_id,
    category_id,
    code,
    name,
    cycle_days,
    contact_from_days,
    contact_until_days,
    earliest_days,
    {{ build_id() }}
from {{ ref('stg_operational__treatment_category') }}
