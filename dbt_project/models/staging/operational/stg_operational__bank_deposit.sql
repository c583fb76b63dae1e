-- Grain: one bag or bundle of checks brought to the bank.
select
    org_id,
    id as bank_deposit_id,
    location_id,
    kind,
    status,
    currency,
    amount_minor,
    confirmed_minor,
    business_date,
    confirmed_on,
    external_date,
    sent_by,
    _batch_id
from {{ source('raw', 'bank_deposit') }}
