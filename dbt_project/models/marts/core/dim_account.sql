-- Grain: one account of an organization's chart.
select
    organization.org_id,
    ledger_account.account,
    ledger_account.name,
    ledger_account.kind,
    {{ build_id() }}
from {{ ref('stg_operational__ledger_account') }} as ledger_account
cross join {{ ref('stg_operational__organization') }} as organization
