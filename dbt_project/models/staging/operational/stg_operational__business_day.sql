-- Grain: one business day.
select
    org_id,
    id as business_day_id,
    location_id,
    business_date,
    status,
    closed_at,
    closed_by,
    figures_sha256,
    _batch_id
from {{ source('raw', 'business_day') }}
