-- Grain: one merchant account.
select
    org_id,
    id as merchant_account_id,
    legal_entity_id,
    name,
    processor,
    _batch_id
from {{ source('raw', 'merchant_account') }}
