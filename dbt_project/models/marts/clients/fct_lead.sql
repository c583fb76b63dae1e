-- Grain: one lead.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_leads(),
        ['org_id', 'lead_id'],
        ['org_id', 'lead_id']
    ) }}"
) }}

with {% call touched(['org_id', 'lead_id']) %}{{ touched_leads() }}{% endcall %},

leads as (
    select
        lead.org_id,
        lead.lead_id,
        client.client_key,
        lead.location_id,
        lead.source,
        lead.status,
        lead.lost_reason,
        lead.may_contact,
        lead.received_at,
        {{ business_date_of('lead.received_at', 'location') }} as business_date,
        {{ business_date_of('lead.contacted_at', 'location') }} as contacted_on,
        {{ business_date_of('lead.converted_at', 'location') }} as converted_on,
        location.timezone,
        location.cutover_hour
    from {{ ref('stg_operational__lead') }} as lead
    {{ only_touched('lead', ['org_id', 'lead_id']) }}
    inner join {{ ref('stg_operational__location') }} as location
        on location.org_id = lead.org_id and location.location_id = lead.location_id
    left join {{ ref('int_clients__resolved') }} as client
        on client.org_id = lead.org_id and client.client_id = lead.client_id
),

booked as (
    select
        leads.org_id,
        leads.lead_id,
        min({{ business_date_of('appointment.booked_at', 'leads') }}) as booked_on
    from leads
    inner join {{ ref('fct_appointment') }} as appointment
        on appointment.org_id = leads.org_id and appointment.client_key = leads.client_key
    where appointment.booked_at >= leads.received_at
    group by leads.org_id, leads.lead_id
),

{% for step, facts in [('consulted', ref('fct_visit')), ('treated', ref('fct_treatment'))] %}
{{ step }} as (
    select
        leads.org_id,
        leads.lead_id,
        min(done.business_date) as {{ step }}_on
    from leads
    inner join {{ facts }} as done
        on done.org_id = leads.org_id and done.client_key = leads.client_key
    where done.business_date >= leads.business_date
    group by leads.org_id, leads.lead_id
){{ ',' if not loop.last }}

{% endfor %}
select
    leads.org_id,
    leads.lead_id,
    leads.client_key,
    leads.location_id,
    leads.source,
    leads.status,
    leads.lost_reason,
    leads.may_contact,
    leads.business_date,
    leads.contacted_on,
    booked.booked_on,
    consulted.consulted_on,
    treated.treated_on,
    leads.converted_on,
    {{ build_id() }}
from leads
left join booked on booked.org_id = leads.org_id and booked.lead_id = leads.lead_id
left join consulted on consulted.org_id = leads.org_id and consulted.lead_id = leads.lead_id
left join treated on treated.org_id = leads.org_id and treated.lead_id = leads.lead_id
