-- Grain: one location.
select
    org_id,
    id as location_id,
    legal_entity_id,
    name,
    code,
    timezone,
    currency,
    state,
    cutover_hour,
    notice_minutes,
    no_show_fee_minor,
    late_cancel_fee_minor,
    cash_step_minor,
    invoice_due_days,
    active,
    _batch_id
from {{ source('raw', 'location') }}
