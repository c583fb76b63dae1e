-- Grain: one posting that is not what a visit books on its own day, and so may concern an earlier one.
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
    posting.event,
    posting.location_id,
    posting.business_date,
    posting.external_date,
    posting.invoice_id,
    posting.amount_minor,
    posting.currency,
    {{ build_id() }}
from {{ ref('fct_posting') }} as posting
{{ only_touched('posting', ['org_id', 'posting_id']) }}
where
    posting.external_date < posting.business_date
    or posting.event not in (
        'line_performed', 'prepaid_sold', 'fee_charged', 'payment_taken', 'balance_applied', 'prepaid_used'
    )
