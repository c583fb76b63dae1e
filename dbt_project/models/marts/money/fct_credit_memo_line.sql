-- Grain: one credited invoice line of a credit memo, dated by the memo.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_credit_memos(),
        ['org_id', 'credit_memo_id'],
        ['org_id', 'credit_memo_line_id']
    ) }}"
) }}

with {% call touched(['org_id', 'credit_memo_id']) %}{{ touched_credit_memos() }}{% endcall %}

select
    memo_line.org_id,
    memo_line.credit_memo_line_id,
    memo_line.credit_memo_id,
    memo.invoice_id,
    memo_line.invoice_line_id,
    client.client_key,
    memo.location_id,
    location.legal_entity_id,
    memo.business_date,
    memo.reason,
    line.kind,
    line.service_id,
    line.product_id,
    line.category_id,
    line.provider_id,
    memo_line.net_minor,
    memo_line.tax_minor,
    memo_line.net_minor + memo_line.tax_minor as total_minor,
    memo.currency,
    line.kind in ('gift_card', 'package', 'membership_dues') as is_prepaid,
    {{ build_id() }}
from {{ ref('stg_operational__credit_memo_line') }} as memo_line
{{ only_touched('memo_line', ['org_id', 'credit_memo_id']) }}
inner join {{ ref('stg_operational__credit_memo') }} as memo
    on memo.org_id = memo_line.org_id and memo.credit_memo_id = memo_line.credit_memo_id
inner join {{ ref('stg_operational__invoice_line') }} as line
    on line.org_id = memo_line.org_id and line.invoice_line_id = memo_line.invoice_line_id
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = memo.org_id and client.client_id = memo.client_id
inner join {{ ref('stg_operational__location') }} as location
    on location.org_id = memo.org_id and location.location_id = memo.location_id
