-- Grain: one room or device of an appointment item.
select
    org_id,
    id as appointment_item_resource_id,
    appointment_item_id,
    resource_id,
    _batch_id
from {{ source('raw', 'appointment_item_resource') }}
