-- Grain: one time that quantity and value left an entitlement.
select
    org_id,
    id as entitlement_movement_id,
    entitlement_id,
    kind,
    quantity_milli,
    value_minor,
    location_id,
    business_date,
    invoice_line_id,
    credit_memo_id,
    reverses_id,
    _batch_id
from {{ source('raw', 'entitlement_movement') }}
