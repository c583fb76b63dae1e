-- Grain: one line of the processor's own account.
select
    org_id,
    id as processor_line_id,
    merchant_account_id,
    kind,
    currency,
    amount_minor,
    fee_minor,
    occurred_at,
    occurred_on,
    processor_payout_id,
    location_id,
    payment_id,
    payout_id,
    dispute_id,
    refused_as,
    _batch_id
from {{ source('raw', 'processor_line') }}
