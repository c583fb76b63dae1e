-- Grain: one line of a bank statement.
select
    org_id,
    id as bank_line_id,
    location_id,
    legal_entity_id,
    booked_on,
    currency,
    amount_minor,
    business_date,
    match_kind,
    match_id,
    matched_on,
    _batch_id
from {{ source('raw', 'bank_line') }}
