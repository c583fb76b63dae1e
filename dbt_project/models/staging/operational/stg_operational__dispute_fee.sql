-- Grain: one fee of a dispute, on the business day on which it was told.
select
    org_id,
    id as dispute_fee_id,
    dispute_id,
    location_id,
    business_date,
    fee_minor,
    _batch_id
from {{ source('raw', 'dispute_fee') }}
