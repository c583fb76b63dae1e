-- Grain: one completed visit: one client, location and business date with a completed appointment item.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_visitors(),
        ['org_id', 'client_key'],
        ['org_id', 'client_key', 'location_id', 'business_date'],
        true
    ) }}"
) }}

{% set visit = ['org_id', 'client_key', 'location_id', 'business_date'] %}
with {% call touched(['org_id', 'client_key']) %}{{ touched_visitors() }}{% endcall %},

performed as (
    select
        done.*,
        row_number() over (
            partition by {{ columns('done', visit) }} order by done.starts_at, done.appointment_item_id
        ) as place
    from {{ ref('int_clients__performed') }} as done
    {{ only_touched('done', ['org_id', 'client_key']) }}
),

visits as (
    select
        {{ columns('performed', visit) }},
        count(distinct performed.appointment_id) as appointments,
        count(distinct performed.appointment_item_id) as services,
        max(performed.completed_at) as completed_at,
        bool_or(performed.is_core) as is_core,
        cast(
            max(case when performed.place = 1 then cast(performed.provider_id as {{ dbt.type_string() }}) end)
            as uuid
        ) as provider_id,
        array_agg(distinct performed.category_id) as category_ids,
        max(performed.day_ends_at) as day_ends_at
    from performed
    group by {{ columns('performed', visit) }}
),

numbered as (
    select
        visits.*,
        row_number() over (
            partition by visits.org_id, visits.client_key
            order by visits.business_date, visits.completed_at, visits.location_id
        ) as visit_number,
        min(visits.business_date) over (partition by visits.org_id, visits.client_key) as first_visit_on,
        min(visits.business_date) over (
            partition by visits.org_id, visits.client_key
            order by visits.business_date
            range between interval '1 day' following and unbounded following
        ) as next_visit_on,
        min(case when visits.is_core then visits.business_date end) over (
            partition by visits.org_id, visits.client_key
            order by visits.business_date
            range between interval '1 day' following and unbounded following
        ) as next_core_visit_on,
        min(case when visits.is_core then visits.business_date end) over (
            partition by visits.org_id, visits.client_key, visits.location_id
            order by visits.business_date
            range between interval '1 day' following and unbounded following
        ) as next_core_visit_here_on
    from visits
),

rebooked as (
    {{ rebooked_visits('visits', visit) }}
),

later as (
    select
        appointment.org_id,
        appointment.client_key,
        max(appointment.business_date) as last_booked_on
    from {{ ref('fct_appointment') }} as appointment
    {{ only_touched('appointment', ['org_id', 'client_key']) }}
    where appointment.status not in ('cancelled', 'late_cancelled', 'no_show')
    group by appointment.org_id, appointment.client_key
)

select
    {{ columns('numbered', visit) }},
    cast(numbered.visit_number as integer) as visit_number,
    numbered.visit_number = 1 as is_new,
    numbered.is_core,
    numbered.provider_id,
    cast(numbered.appointments as integer) as appointments,
    cast(numbered.services as integer) as services,
    numbered.completed_at,
    numbered.first_visit_on,
    {{ first_of_month('numbered.first_visit_on') }} as cohort_month,
    {{ months_between('numbered.first_visit_on', 'numbered.business_date') }} as cohort_age,
    client.source,
    numbered.next_visit_on,
    numbered.next_core_visit_on,
    numbered.next_core_visit_here_on,
    coalesce(rebooked.at_day_end, false) as is_rebooked,
    coalesce(rebooked.same_category, false) as is_rebooked_same_category,
    coalesce(rebooked.on_the_day, false) as is_rebooked_on_the_day,
    coalesce(rebooked.at_day_after, false) as is_rebooked_within_a_day,
    later.last_booked_on,
    {{ build_id() }}
from numbered
left join {{ ref('dim_client') }} as client
    on client.org_id = numbered.org_id and client.client_key = numbered.client_key
left join rebooked
    on {{ same('rebooked', 'numbered', visit) }}
left join later
    on later.org_id = numbered.org_id and later.client_key = numbered.client_key
