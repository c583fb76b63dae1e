-- Grain: one payout of the card processor.
select
    org_id,
    id as processor_payout_id,
    merchant_account_id,
    currency,
    gross_minor,
    fee_minor,
    net_minor,
    arrived_on,
    failed_on,
    _batch_id
from {{ source('raw', 'processor_payout') }}
