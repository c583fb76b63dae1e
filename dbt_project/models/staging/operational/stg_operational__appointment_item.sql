-- Grain: one appointment item.
select
    org_id,
    id as appointment_item_id,
    appointment_id,
    position,
    service_id,
    provider_id,
    starts_at,
    provider_ends_at,
    ends_at,
    performed,
    not_performed_reason,
    _batch_id
from {{ source('raw', 'appointment_item') }}
