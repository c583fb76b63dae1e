-- Grain: one journal entry.
select
    org_id,
    id as entry_id,
    event,
    source_kind,
    source_id,
    reverses_id,
    staff_id,
    _batch_id
from {{ source('raw', 'journal_entry') }}
