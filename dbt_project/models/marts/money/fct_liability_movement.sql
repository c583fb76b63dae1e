-- Grain: one posting on a liability that is rolled forward; what we owe more is positive.
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
    posting.legal_entity_id,
    posting.location_id,
    posting.business_date,
    posting.account,
    -- The liability that an allowance for breakage stands against.
    case posting.account
        when '2209' then '2200'
        when '2309' then '2300'
        when '2319' then '2310'
        else posting.account
    end as liability,
    {{ movement_of('coalesce(reversed.event, posting.event)') }} as movement,
    posting.event,
    -posting.amount_minor as amount_minor,
    posting.currency,
    posting.client_key,
    posting.gift_card_id,
    posting.contract_id,
    posting.provider_id,
    {{ build_id() }}
from {{ ref('fct_posting') }} as posting
{{ only_touched('posting', ['org_id', 'posting_id']) }}
left join {{ ref('stg_operational__journal_entry') }} as reversed
    on reversed.org_id = posting.org_id and reversed.entry_id = posting.reverses_id
where posting.account in {{ rolled_forward() }}
