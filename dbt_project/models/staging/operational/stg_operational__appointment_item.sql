-- Grain: one appointment item that was not taken off its visit (which is read again then).
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
where removed_at is null
