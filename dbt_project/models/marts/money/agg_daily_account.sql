-- Grain: one account of a location's business day.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_days(),
        ['org_id', 'location_id', 'business_date'],
        ['org_id', 'location_id', 'business_date', 'account']
    ) }}"
) }}

with {% call touched(['org_id', 'location_id', 'business_date']) %}{{ touched_days() }}{% endcall %}

select
    posting.org_id,
    posting.location_id,
    posting.business_date,
    posting.account,
    posting.legal_entity_id,
    posting.account_kind,
    posting.currency,
    cast(count(*) as integer) as postings,
    cast(sum(posting.amount_minor) as bigint) as amount_minor,
    {{ build_id() }}
from {{ ref('fct_posting') }} as posting
{{ only_touched('posting', ['org_id', 'location_id', 'business_date']) }}
group by
    posting.org_id,
    posting.location_id,
    posting.business_date,
    posting.account,
    posting.legal_entity_id,
    posting.account_kind,
    posting.currency
