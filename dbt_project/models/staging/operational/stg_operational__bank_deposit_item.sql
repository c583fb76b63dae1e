-- Grain: one check in a deposit.
select
    org_id,
    id as bank_deposit_item_id,
    bank_deposit_id,
    payment_id,
    _batch_id
from {{ source('raw', 'bank_deposit_item') }}
