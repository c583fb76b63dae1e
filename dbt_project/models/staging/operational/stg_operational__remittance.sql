-- Grain: one transfer of a programme.
select
    org_id,
    id as remittance_id,
    programme_id,
    location_id,
    currency,
    gross_minor,
    fee_minor,
    practice_funded_minor,
    net_minor,
    business_date,
    external_date,
    staff_id,
    _batch_id
from {{ source('raw', 'remittance') }}
