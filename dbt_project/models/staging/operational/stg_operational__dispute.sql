-- Grain: one dispute of a card payment.
select
    org_id,
    id as dispute_id,
    payment_id,
    location_id,
    merchant_account_id,
    status,
    currency,
    amount_minor,
    fee_minor,
    fee_returned_minor,
    prepaid_taken_minor,
    billed_again_minor,
    opened_on,
    external_opened_on,
    resolved_on,
    external_resolved_on,
    _batch_id
from {{ source('raw', 'dispute') }}
