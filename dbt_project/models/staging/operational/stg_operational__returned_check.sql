-- Grain: one returned check.
select
    org_id,
    id as returned_check_id,
    payment_id,
    location_id,
    currency,
    amount_minor,
    bank_fee_minor,
    fee_invoice_id,
    business_date,
    external_date,
    staff_id,
    _batch_id
from {{ source('raw', 'returned_check') }}
