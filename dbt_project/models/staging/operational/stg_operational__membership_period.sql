-- Grain: one period of a membership, billed once.
select
    org_id,
    id as membership_period_id,
    membership_id,
    location_id,
    number,
    starts_on,
    days,
    price_minor,
    access_minor,
    earned_days,
    status,
    failures,
    invoice_id,
    paid_on,
    ended_on,
    ended_as,
    access_returned_minor,
    _batch_id
from {{ source('raw', 'membership_period') }}
