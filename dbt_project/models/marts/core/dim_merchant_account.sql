-- Grain: one merchant account.
select
    org_id,
    merchant_account_id,
    legal_entity_id,
    name,
    {{ build_id() }}
from {{ ref('stg_operational__merchant_account') }}
