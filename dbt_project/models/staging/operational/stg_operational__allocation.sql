-- Grain: one allocation.
select
    org_id,
    id as allocation_id,
    invoice_id,
    source,
    payment_id,
    gift_card_id,
    client_id,
    location_id,
    amount_minor,
    business_date,
    _batch_id
from {{ source('raw', 'allocation') }}
