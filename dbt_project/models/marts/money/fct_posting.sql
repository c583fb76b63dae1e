-- Grain: one posting.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_rows('posting'),
        ['org_id', 'posting_id'],
        ['org_id', 'posting_id']
    ) }}"
) }}

with {% call touched(['org_id', 'posting_id']) %}{{ touched_rows('posting') }}{% endcall %}

select
    posting.org_id,
    posting.posting_id,
    posting.entry_id,
    cast(posting.line_no as integer) as line_no,
    entry.event,
    entry.source_kind,
    entry.source_id,
    entry.reverses_id,
    posting.legal_entity_id,
    posting.location_id,
    posting.business_date,
    posting.external_date,
    posting.account,
    ledger_account.kind as account_kind,
    posting.amount_minor,
    posting.currency,
    posting.invoice_id,
    posting.invoice_line_id,
    client.client_key,
    posting.gift_card_id,
    posting.contract_id,
    posting.provider_id,
    posting.merchant_account_id,
    posting.programme_id,
    posting.jurisdiction_id,
    posting.other_location_id,
    posting.posted_at,
    {{ build_id() }}
from {{ ref('stg_operational__posting') }} as posting
{{ only_touched('posting', ['org_id', 'posting_id']) }}
inner join {{ ref('stg_operational__journal_entry') }} as entry
    on entry.org_id = posting.org_id and entry.entry_id = posting.entry_id
inner join {{ ref('stg_operational__ledger_account') }} as ledger_account
    on ledger_account.account = posting.account
left join {{ ref('int_clients__resolved') }} as client
    on client.org_id = posting.org_id and client.client_id = posting.client_id
