-- Grain: one posting on accounts receivable (1100), with its invoice's due date.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_receivables(),
        ['org_id', 'invoice_id'],
        ['org_id', 'posting_id']
    ) }}"
) }}

with {% call touched(['org_id', 'invoice_id']) %}{{ touched_receivables() }}{% endcall %}

select
    posting.org_id,
    posting.posting_id,
    posting.legal_entity_id,
    posting.location_id,
    posting.invoice_id,
    invoice.client_key,
    posting.business_date,
    invoice.business_date as invoice_date,
    invoice.due_on,
    posting.amount_minor,
    posting.currency,
    posting.event,
    {{ build_id() }}
from {{ ref('fct_posting') }} as posting
{{ only_touched('posting', ['org_id', 'invoice_id']) }}
inner join {{ ref('fct_invoice') }} as invoice
    on invoice.org_id = posting.org_id and invoice.invoice_id = posting.invoice_id
where posting.account = '1100'
