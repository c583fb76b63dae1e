-- Grain: one credit memo line.
select
    org_id,
    id as credit_memo_line_id,
    credit_memo_id,
    invoice_line_id,
    net_minor,
    tax_minor,
    _batch_id
from {{ source('raw', 'credit_memo_line') }}
