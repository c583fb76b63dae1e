-- Grain: one client, with what their appointments say.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(touched_clients(), ['org_id', 'client_key'], ['org_id', 'client_key']) }}"
) }}

with {% call touched(['org_id', 'client_key']) %}{{ touched_clients() }}{% endcall %},

appointments as (
    select appointment.*
    from {{ ref('fct_appointment') }} as appointment
    {{ only_touched('appointment', ['org_id', 'client_key']) }}
),

-- A visit is one client, location and business date with at least one completed appointment.
visits as (
    select
        org_id,
        client_key,
        location_id,
        business_date,
        row_number() over (
            partition by org_id, client_key order by business_date desc, max(completed_at) desc, location_id
        ) as place
    from appointments
    where is_completed
    group by org_id, client_key, location_id, business_date
),

visited as (
    select
        org_id,
        client_key,
        count(*) as visits,
        min(business_date) as first_visit_on,
        max(business_date) as last_visit_on,
        cast(max(case when place = 1 then cast(location_id as {{ dbt.type_string() }}) end) as uuid)
            as last_location_id
    from visits
    group by org_id, client_key
),

kept as (
    select
        org_id,
        client_key,
        count(case when status = 'no_show' then 1 end) as no_shows,
        count(case when status = 'late_cancelled' then 1 end) as late_cancellations,
        max(case when status in ('no_show', 'late_cancelled', 'cancelled') then business_date end)
            as last_missed_on,
        min(case when status in ('booked', 'confirmed', 'arrived') then business_date end)
            as next_appointment_on
    from appointments
    group by org_id, client_key
)

select
    client.org_id,
    client.client_key,
    client.home_location_id,
    visited.first_visit_on,
    visited.last_visit_on,
    visited.last_location_id,
    cast(coalesce(visited.visits, 0) as integer) as visits,
    cast(coalesce(kept.no_shows, 0) as integer) as no_shows,
    cast(coalesce(kept.late_cancellations, 0) as integer) as late_cancellations,
    kept.last_missed_on,
    kept.next_appointment_on,
    {{ build_id() }}
from {{ ref('dim_client') }} as client
{{ only_touched('client', ['org_id', 'client_key']) }}
left join visited
    on visited.org_id = client.org_id and visited.client_key = client.client_key
left join kept
    on kept.org_id = client.org_id and kept.client_key = client.client_key
