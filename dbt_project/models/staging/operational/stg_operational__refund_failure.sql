-- Grain: one card refund that came back, or one such word taken back (negative).
select
    org_id,
    id as refund_failure_id,
    payout_id,
    location_id,
    merchant_account_id,
    currency,
    amount_minor,
    deposit_minor,
    business_date,
    _batch_id
from {{ source('raw', 'refund_failure') }}
