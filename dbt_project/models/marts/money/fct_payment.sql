-- Grain: one payment, in whatever state.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_rows('payment'),
        ['org_id', 'payment_id'],
        ['org_id', 'payment_id']
    ) }}"
) }}

with {% call touched(['org_id', 'payment_id']) %}{{ touched_rows('payment') }}{% endcall %}

select
    payment.org_id,
    payment.payment_id,
    client.client_key,
    payment.location_id,
    payment.drawer_session_id,
    payment.invoice_id,
    payment.appointment_id,
    payment.purpose,
    payment.tender,
    payment.status,
    payment.currency,
    payment.amount_minor,
    payment.tip_minor,
    payment.rounding_minor,
    payment.business_date,
    payment.external_date,
    payment.merchant_account_id,
    payment.card_brand,
    payment.succeeded_at,
    payment.taken_by,
    {{ build_id() }}
from {{ ref('stg_operational__payment') }} as payment
{{ only_touched('payment', ['org_id', 'payment_id']) }}
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = payment.org_id and client.client_id = payment.client_id
