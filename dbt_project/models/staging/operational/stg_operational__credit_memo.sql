-- Grain: one credit memo.
select
    org_id,
    id as credit_memo_id,
    invoice_id,
    client_id,
    location_id,
    currency,
    business_date,
    reason,
    issued_by,
    _batch_id
from {{ source('raw', 'credit_memo') }}
