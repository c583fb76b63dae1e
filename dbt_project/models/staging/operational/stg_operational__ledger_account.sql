-- Grain: one ledger account.
select
    code as account,
    name,
    kind,
    required_key,
    may_go_negative,
    _batch_id
from {{ source('raw', 'ledger_account') }}
