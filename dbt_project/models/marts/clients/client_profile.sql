-- Grain: one client, with what their visits, appointments and cycles say.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(touched_profiles(), ['org_id', 'client_key'], ['org_id', 'client_key'], true) }}"
) }}

with {% call touched(['org_id', 'client_key']) %}{{ touched_profiles() }}{% endcall %},

visits as (
    select
        visit.*,
        row_number() over (
            partition by visit.org_id, visit.client_key order by visit.visit_number desc
        ) as place
    from {{ ref('fct_visit') }} as visit
    {{ only_touched('visit', ['org_id', 'client_key']) }}
),

visited as (
    select
        visits.org_id,
        visits.client_key,
        count(*) as visits,
        min(visits.business_date) as first_visit_on,
        max(visits.business_date) as last_visit_on,
        cast(max(case when visits.place = 1 then cast(visits.location_id as {{ dbt.type_string() }}) end) as uuid)
            as last_location_id,
        cast(max(case when visits.place = 1 then cast(visits.provider_id as {{ dbt.type_string() }}) end) as uuid)
            as last_provider_id
    from visits
    group by visits.org_id, visits.client_key
),

appointments as (
    select appointment.*
    from {{ ref('fct_appointment') }} as appointment
    {{ only_touched('appointment', ['org_id', 'client_key']) }}
),

kept as (
    select
        org_id,
        client_key,
        count(case when status = 'no_show' then 1 end) as no_shows,
        count(case when status = 'late_cancelled' then 1 end) as late_cancellations,
        -- Who took another time instead has not stayed away.
        max(
            case
                when
                    status in ('no_show', 'late_cancelled', 'cancelled')
                    and coalesce(cancelled_by, '') <> 'reschedule'
                    then business_date
            end
        ) as last_missed_on,
        min(case when status in ('booked', 'confirmed', 'arrived') then business_date end)
            as next_appointment_on,
        max(case when status in ('booked', 'confirmed', 'arrived') then business_date end) as last_booked_on
    from appointments
    group by org_id, client_key
),

past_every_window as (
    select
        cycle.org_id,
        cycle.client_key,
        -- A category without a window keeps a client from ever being past it.
        case when count(*) = count(cycle.contact_until) then max(cycle.contact_until) end as lapses_after
    from {{ ref('client_cycle') }} as cycle
    {{ only_touched('cycle', ['org_id', 'client_key']) }}
    where cycle.status = 'running'
    group by cycle.org_id, cycle.client_key
)

select
    client.org_id,
    client.client_key,
    client.home_location_id,
    visited.first_visit_on,
    visited.last_visit_on,
    visited.last_location_id,
    visited.last_provider_id,
    coalesce(not provider.active, false) as is_provider_departed,
    cast(coalesce(visited.visits, 0) as integer) as visits,
    cast(coalesce(kept.no_shows, 0) as integer) as no_shows,
    cast(coalesce(kept.late_cancellations, 0) as integer) as late_cancellations,
    kept.last_missed_on,
    coalesce(kept.last_missed_on > visited.last_visit_on, kept.last_missed_on is not null)
        as is_missed_since_visit,
    kept.next_appointment_on,
    kept.last_booked_on,
    past_every_window.lapses_after,
    {{ build_id() }}
from {{ ref('dim_client') }} as client
{{ only_touched('client', ['org_id', 'client_key']) }}
left join visited
    on visited.org_id = client.org_id and visited.client_key = client.client_key
left join kept
    on kept.org_id = client.org_id and kept.client_key = client.client_key
left join past_every_window
    on past_every_window.org_id = client.org_id and past_every_window.client_key = client.client_key
left join {{ ref('dim_staff') }} as provider
    on provider.org_id = client.org_id and provider.staff_id = visited.last_provider_id
