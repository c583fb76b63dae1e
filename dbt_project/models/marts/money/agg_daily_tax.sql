-- Grain: one tax jurisdiction and kind of line of a location's business day.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_tax_days(),
        ['org_id', 'location_id', 'business_date'],
        ['org_id', 'location_id', 'business_date', 'jurisdiction_id', 'kind'],
        true
    ) }}"
) }}

{% set day = ['org_id', 'location_id', 'business_date'] %}
with {% call touched(day) %}{{ touched_tax_days() }}{% endcall %},

-- What is paid before it is had is a sale for the tax only when it was taxed then.
sold as (
    select
        {{ columns('line', day) }},
        line.invoice_line_id,
        line.kind,
        line.net_minor,
        1 as is_billed
    from {{ ref('fct_invoice_line') }} as line
    {{ only_touched('line', day) }}
    where line.invoice_status <> 'voided' and (not line.is_prepaid or line.tax_minor > 0)

    union all

    select
        {{ columns('memo', day) }},
        memo.invoice_line_id,
        memo.kind,
        -memo.net_minor as net_minor,
        0 as is_billed
    from {{ ref('fct_credit_memo_line') }} as memo
    {{ only_touched('memo', day) }}
    where not memo.is_prepaid or memo.tax_minor > 0

    union all

    -- A session that was not taxed when it was sold is a sale when it is used.
    select
        {{ columns('used', day) }},
        used.invoice_line_id,
        'service' as kind,
        used.value_minor as net_minor,
        0 as is_billed
    from {{ ref('fct_entitlement_movement') }} as used
    {{ only_touched('used', day) }}
    where used.kind in ('used', 'reversed') and not used.taxed_at_sale
),

parts as (
    select
        {{ columns('sold', day) }},
        jurisdiction.jurisdiction_id,
        sold.kind,
        sold.net_minor as gross_minor,
        0 as taxable_minor,
        0 as tax_minor
    from sold
    inner join {{ ref('dim_tax_jurisdiction') }} as jurisdiction
        on jurisdiction.org_id = sold.org_id and jurisdiction.location_id = sold.location_id

    union all

    select
        {{ columns('sold', day) }},
        part.jurisdiction_id,
        sold.kind,
        0 as gross_minor,
        sold.net_minor as taxable_minor,
        part.tax_minor * sold.is_billed as tax_minor
    from sold
    inner join {{ ref('stg_operational__invoice_line_tax') }} as part
        on part.org_id = sold.org_id and part.invoice_line_id = sold.invoice_line_id

    union all

    -- Which jurisdiction a credited tax goes back to is the ledger's word.
    select
        {{ columns('posting', day) }},
        posting.jurisdiction_id,
        coalesce(line.kind, 'other') as kind,
        0 as gross_minor,
        0 as taxable_minor,
        -posting.amount_minor as tax_minor
    from {{ ref('fct_posting') }} as posting
    {{ only_touched('posting', day) }}
    left join {{ ref('stg_operational__journal_entry') }} as reversed
        on reversed.org_id = posting.org_id and reversed.entry_id = posting.reverses_id
    left join {{ ref('fct_invoice_line') }} as line
        on line.org_id = posting.org_id and line.invoice_line_id = posting.invoice_line_id
    where
        posting.account = '2400'
        and coalesce(reversed.event, posting.event) not in {{ taxed_with_line() }}
)

select
    {{ columns('parts', day) }},
    parts.jurisdiction_id,
    parts.kind,
    location.legal_entity_id,
    location.currency,
    cast(sum(parts.gross_minor) as bigint) as gross_minor,
    cast(sum(parts.gross_minor - parts.taxable_minor) as bigint) as exempt_minor,
    cast(sum(parts.taxable_minor) as bigint) as taxable_minor,
    cast(sum(parts.tax_minor) as bigint) as tax_minor,
    {{ build_id() }}
from parts
inner join {{ ref('dim_location') }} as location
    on location.org_id = parts.org_id and location.location_id = parts.location_id
group by
    {{ columns('parts', day) }},
    parts.jurisdiction_id,
    parts.kind,
    location.legal_entity_id,
    location.currency
