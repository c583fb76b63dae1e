-- Grain: one time that was offered to somebody on the waitlist.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_rows('waitlist_offer'),
        ['org_id', 'offer_id'],
        ['org_id', 'offer_id']
    ) }}"
) }}

with {% call touched(['org_id', 'offer_id']) %}{{ touched_rows('waitlist_offer') }}{% endcall %}

select
    offer.org_id,
    offer.offer_id,
    client.client_key,
    offer.location_id,
    offer.provider_id,
    offer.service_id,
    offer.business_date,
    offer.starts_at,
    offer.offered_at,
    offer.expires_at,
    offer.answered_at,
    offer.status,
    offer.appointment_id,
    {{ build_id() }}
from {{ ref('stg_operational__waitlist_offer') }} as offer
{{ only_touched('offer', ['org_id', 'offer_id']) }}
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = offer.org_id and client.client_id = offer.client_id
