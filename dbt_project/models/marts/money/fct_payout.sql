-- Grain: one payout, in whatever state; without a tender it was kept as account credit.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_rows('payout'),
        ['org_id', 'payout_id'],
        ['org_id', 'payout_id']
    ) }}"
) }}

with {% call touched(['org_id', 'payout_id']) %}{{ touched_rows('payout') }}{% endcall %}

select
    payout.org_id,
    payout.payout_id,
    client.client_key,
    payout.location_id,
    payout.credit_memo_id,
    payout.payment_id,
    payout.drawer_session_id,
    payout.tender,
    payout.status,
    payout.currency,
    payout.amount_minor,
    payout.tip_minor,
    payout.rounding_minor,
    payout.business_date,
    payout.succeeded_at,
    payout.paid_by,
    payout.gift_card_id,
    coalesce(payout.cashes_out, false) as cashes_out,
    {{ build_id() }}
from {{ ref('stg_operational__payout') }} as payout
{{ only_touched('payout', ['org_id', 'payout_id']) }}
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = payout.org_id and client.client_id = payout.client_id
