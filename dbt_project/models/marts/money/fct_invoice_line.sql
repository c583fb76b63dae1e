-- Grain: one invoice line.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_invoices(),
        ['org_id', 'invoice_id'],
        ['org_id', 'invoice_line_id']
    ) }}"
) }}

with {% call touched(['org_id', 'invoice_id']) %}{{ touched_invoices() }}{% endcall %}

select
    line.org_id,
    line.invoice_line_id,
    line.invoice_id,
    client.client_key,
    line.location_id,
    location.legal_entity_id,
    line.business_date,
    cast(line.position as integer) as position,
    line.kind,
    line.service_id,
    line.product_id,
    line.category_id,
    line.provider_id,
    line.quantity_milli,
    line.charted_quantity_milli,
    line.quantity_reason,
    line.unit_price_minor,
    line.list_minor,
    line.discount_minor,
    line.discount_reason,
    line.net_minor,
    line.tax_minor,
    line.net_minor + line.tax_minor as total_minor,
    invoice.currency,
    invoice.status as invoice_status,
    line.kind in ('gift_card', 'package', 'membership_dues') as is_prepaid,
    {{ build_id() }}
from {{ ref('stg_operational__invoice_line') }} as line
{{ only_touched('line', ['org_id', 'invoice_id']) }}
inner join {{ ref('stg_operational__invoice') }} as invoice
    on invoice.org_id = line.org_id and invoice.invoice_id = line.invoice_id
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = invoice.org_id and client.client_id = invoice.client_id
inner join {{ ref('stg_operational__location') }} as location
    on location.org_id = line.org_id and location.location_id = line.location_id
