-- Grain: one thing that became of a line of the processor's own account.
select
    org_id,
    id as history_id,
    processor_line_id,
    event,
    location_id,
    business_date,
    clears,
    _batch_id
from {{ source('raw', 'processor_line_history') }}
