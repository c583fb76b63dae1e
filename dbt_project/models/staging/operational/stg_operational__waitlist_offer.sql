-- Grain: one offer of a time to somebody on the waitlist.
select
    org_id,
    id as offer_id,
    client_id,
    location_id,
    service_id,
    provider_id,
    starts_at,
    ends_at,
    offered_at,
    business_date,
    expires_at,
    status,
    answered_at,
    appointment_id,
    _batch_id
from {{ source('raw', 'waitlist_offer') }}
