-- Grain: one drawer session.
select
    org_id,
    id as drawer_session_id,
    drawer_id,
    location_id,
    business_date,
    status,
    currency,
    opened_at,
    opened_by,
    opening_float_minor,
    coalesce(opening_over_short_minor, 0) as opening_over_short_minor,
    closed_at,
    closed_by,
    expected_minor,
    counted_minor,
    over_short_minor,
    float_left_minor,
    _batch_id
from {{ source('raw', 'drawer_session') }}
