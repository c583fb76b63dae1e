-- Grain: one treatment record.
select
    org_id,
    id as treatment_id,
    client_id,
    appointment_item_id,
    location_id,
    provider_id,
    category_id,
    product_id,
    lot_id,
    intent,
    source,
    area,
    quantity_milli,
    dilution,
    performed_at,
    business_date,
    next_due_on,
    status,
    signed_at,
    _batch_id
from {{ source('raw', 'treatment_record') }}
