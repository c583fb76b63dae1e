-- Grain: one provider, room or device of a location's business day. Minutes.
-- A provider is available in their shifts; a room or device while anybody works at the location. Unpaid time
-- off is not available; paid time off is, and is counted apart as well.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_utilization_days(),
        ['org_id', 'location_id', 'business_date'],
        ['org_id', 'location_id', 'business_date', 'subject_kind', 'subject_id'],
        true
    ) }}"
) }}

{% set day = ['org_id', 'location_id', 'business_date'] %}
{% set subject = day + ['subject_kind', 'subject_id'] %}
with {% call touched(day) %}{{ touched_utilization_days() }}{% endcall %},

dated_shifts as (
    select
        shift.org_id,
        shift.location_id,
        {{ business_date_of('shift.starts_at', 'location') }} as business_date,
        shift.staff_id,
        shift.starts_at,
        shift.ends_at
    from {{ ref('stg_operational__shift') }} as shift
    inner join {{ ref('stg_operational__location') }} as location
        on location.org_id = shift.org_id and location.location_id = shift.location_id
    where shift.active
),

shifts as (
    select shift.* from dated_shifts as shift
    {{ only_touched('shift', day) }}
),

open_days as (
    select {{ columns('shifts', day) }}, {{ joined_spans('shifts.starts_at', 'shifts.ends_at') }} as open_spans
    from shifts
    group by {{ columns('shifts', day) }}
),

available as (
    select
        {{ columns('shifts', day) }},
        'provider' as subject_kind,
        shifts.staff_id as subject_id,
        {{ joined_spans('shifts.starts_at', 'shifts.ends_at') }} as open_spans
    from shifts
    group by {{ columns('shifts', day) }}, shifts.staff_id

    union all

    select {{ columns('open_days', day) }}, resource.kind, resource.resource_id, open_days.open_spans
    from open_days
    inner join {{ ref('stg_operational__resource') }} as resource
        on resource.org_id = open_days.org_id and resource.location_id = open_days.location_id
    where resource.active
),

{{ workable_spans(subject) }},

claimed as (
    select
        {{ columns('held', day) }},
        held.subject_kind,
        held.subject_id,
        {{ joined_spans('held.starts_at', 'held.ends_at') }} as booked_spans,
        {{ joined_spans('held.starts_at', 'held.ends_at', 'held.is_completed') }} as completed_spans
    from {{ ref('int_operations__held_claims') }} as held
    {{ only_touched('held', day) }}
    group by {{ columns('held', day) }}, held.subject_kind, held.subject_id
),

-- What a completed visit left undone was booked, not delivered.
undone as (
    select
        {{ columns('items', day) }},
        items.subject_id,
        {{ joined_spans('items.starts_at', 'items.ends_at', 'not items.performed') }}
        - {{ joined_spans('items.starts_at', 'items.ends_at', 'items.performed') }} as undone_spans
    from {{ ref('int_operations__item_subjects') }} as items
    {{ only_touched('items', day) }}
    group by {{ columns('items', day) }}, items.subject_id
),

spans as (
    select
        {% for column in subject %}
        coalesce(workable.{{ column }}, claimed.{{ column }}) as {{ column }},
        {% endfor %}
        coalesce(workable.open_spans, '{}') as open_spans,
        coalesce(workable.paid_spans, '{}') as paid_spans,
        coalesce(claimed.booked_spans, '{}') as booked_spans,
        coalesce(claimed.completed_spans, '{}') as completed_spans
    from workable
    full join claimed
        on {{ same('claimed', 'workable', subject) }}
)

select
    {{ columns('spans', subject) }},
    {{ minutes_in('spans.open_spans') }} as available_minutes,
    {{ minutes_in('spans.paid_spans * spans.open_spans') }} as paid_off_minutes,
    {{ minutes_in('spans.booked_spans * spans.open_spans') }} as booked_minutes,
    {{ minutes_in('spans.booked_spans - spans.open_spans') }} as outside_minutes,
    {{ minutes_in("(spans.completed_spans - coalesce(undone.undone_spans, '{}')) * spans.open_spans") }}
        as delivered_minutes,
    {{ build_id() }}
from spans
left join undone
    on {{ same('undone', 'spans', day) }} and undone.subject_id = spans.subject_id
