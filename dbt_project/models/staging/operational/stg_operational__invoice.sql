-- Grain: one invoice.
select
    org_id,
    id as invoice_id,
    client_id,
    location_id,
    appointment_id,
    currency,
    business_date,
    due_on,
    status,
    issued_at,
    issued_by,
    _batch_id
from {{ source('raw', 'invoice') }}
