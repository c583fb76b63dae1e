-- Grain: one invoice, with the sums of its lines.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(touched_invoices(), ['org_id', 'invoice_id'], ['org_id', 'invoice_id'], true) }}"
) }}

with {% call touched(['org_id', 'invoice_id']) %}{{ touched_invoices() }}{% endcall %},

summed as (
    select
        line.org_id,
        line.invoice_id,
        count(*) as lines,
        sum(line.list_minor) as list_minor,
        sum(line.discount_minor) as discount_minor,
        sum(line.net_minor) as net_minor,
        sum(line.tax_minor) as tax_minor
    from {{ ref('stg_operational__invoice_line') }} as line
    {{ only_touched('line', ['org_id', 'invoice_id']) }}
    group by line.org_id, line.invoice_id
)

select
    invoice.org_id,
    invoice.invoice_id,
    client.client_key,
    invoice.location_id,
    location.legal_entity_id,
    invoice.appointment_id,
    invoice.currency,
    invoice.business_date,
    invoice.due_on,
    invoice.status,
    invoice.issued_at,
    invoice.issued_by,
    cast(coalesce(summed.lines, 0) as integer) as lines,
    cast(coalesce(summed.list_minor, 0) as bigint) as list_minor,
    cast(coalesce(summed.discount_minor, 0) as bigint) as discount_minor,
    cast(coalesce(summed.net_minor, 0) as bigint) as net_minor,
    cast(coalesce(summed.tax_minor, 0) as bigint) as tax_minor,
    cast(coalesce(summed.net_minor + summed.tax_minor, 0) as bigint) as total_minor,
    {{ build_id() }}
from {{ ref('stg_operational__invoice') }} as invoice
{{ only_touched('invoice', ['org_id', 'invoice_id']) }}
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = invoice.org_id and client.client_id = invoice.client_id
inner join {{ ref('stg_operational__location') }} as location
    on location.org_id = invoice.org_id and location.location_id = invoice.location_id
left join summed
    on summed.org_id = invoice.org_id and summed.invoice_id = invoice.invoice_id
