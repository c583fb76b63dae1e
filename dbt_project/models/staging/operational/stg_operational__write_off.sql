-- Grain: one debt given up, or a part of one recovered.
select
    org_id,
    id as write_off_id,
    invoice_id,
    location_id,
    kind,
    write_off_id as recovers_id,
    currency,
    amount_minor,
    tax_minor,
    business_date,
    staff_id,
    _batch_id
from {{ source('raw', 'write_off') }}
