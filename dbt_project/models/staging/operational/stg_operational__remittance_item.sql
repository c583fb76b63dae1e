-- Grain: what a programme did with one payment.
select
    org_id,
    id as remittance_item_id,
    payment_id,
    location_id,
    programme_id,
    remittance_id,
    outcome,
    currency,
    amount_minor,
    fee_minor,
    practice_funded_minor,
    business_date,
    external_date,
    _batch_id
from {{ source('raw', 'remittance_item') }}
