-- Grain: one payout.
select
    org_id,
    id as payout_id,
    client_id,
    location_id,
    credit_memo_id,
    payment_id,
    drawer_session_id,
    tender,
    status,
    currency,
    amount_minor,
    tip_minor,
    rounding_minor,
    business_date,
    succeeded_at,
    paid_by,
    decline_code,
    gift_card_id,
    cashes_out,
    _batch_id
from {{ source('raw', 'payout') }}
