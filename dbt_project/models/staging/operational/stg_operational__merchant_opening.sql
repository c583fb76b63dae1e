-- Grain: one booking of what a processor owed when its report began.
select
    org_id,
    id as merchant_opening_id,
    merchant_account_id,
    location_id,
    business_date,
    amount_minor,
    _batch_id
from {{ source('raw', 'merchant_opening') }}
