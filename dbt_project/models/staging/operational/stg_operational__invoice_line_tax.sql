-- Grain: one jurisdiction's part of an invoice line's tax.
select
    org_id,
    id as invoice_line_tax_id,
    invoice_line_id,
    jurisdiction_id,
    rate_ppm,
    tax_minor,
    _batch_id
from {{ source('raw', 'invoice_line_tax') }}
