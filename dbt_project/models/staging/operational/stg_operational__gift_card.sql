-- Grain: one gift card.
select
    org_id,
    id as gift_card_id,
    location_id,
    purchaser_id,
    currency,
    issued_on,
    _batch_id
from {{ source('raw', 'gift_card') }}
