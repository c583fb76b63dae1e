{# Of visits, whether a later appointment was in the book when the day was over and a day after the visit, and
   whether one was booked on the day: from what had happened until then, so none of it changes. #}
{% macro rebooked_visits(visits, visit) -%}
select
    {{ columns('found', visit) }},
    bool_or(found.at_day_end) as at_day_end,
    bool_or(found.at_day_end and item.category_id = any(found.category_ids)) as same_category,
    bool_or(found.at_day_after) as at_day_after,
    bool_or(found.on_the_day) as on_the_day
from (
    select
        {{ columns('visits', visit) }},
        visits.category_ids,
        event.appointment_id,
        event.happened_at < visits.day_ends_at
        and (event.until_at is null or event.until_at >= visits.day_ends_at) as at_day_end,
        event.happened_at <= visits.day_after
        and (event.until_at is null or event.until_at > visits.day_after) as at_day_after,
        event.event = 'booked' and event.business_date = visits.business_date as on_the_day
    from (
        select
            visits.*,
            {{ dbt.dateadd('hour', 24, 'coalesce(visits.completed_at, visits.day_ends_at)') }} as day_after
        from {{ visits }} as visits
    ) as visits
    inner join {{ ref('fct_appointment_event') }} as event
        on
            event.org_id = visits.org_id
            and event.client_key = visits.client_key
            and event.is_holding
            and event.scheduled_on > visits.business_date
) as found
left join {{ ref('fct_appointment_item') }} as item
    on item.org_id = found.org_id and item.appointment_id = found.appointment_id
group by {{ columns('found', visit) }}
{%- endmacro %}
