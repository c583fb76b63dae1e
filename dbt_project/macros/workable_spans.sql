{# What is left of the spans of `available` without unpaid time off, and its paid time off: of the subject
   itself, or of the whole location. Two common table expressions: blocked, workable. #}
{% macro workable_spans(subject) -%}
blocked as (
    select
        {{ columns('available', subject) }},
        {{ joined_spans('off.starts_at', 'off.ends_at', 'not off.paid') }} as unpaid_spans,
        {{ joined_spans('off.starts_at', 'off.ends_at', 'off.paid') }} as paid_spans
    from available
    inner join {{ ref('stg_operational__time_off') }} as off
        on
            off.org_id = available.org_id
            and off.subject_id in (available.subject_id, available.location_id)
            and off.status = 'approved'
            and {{ meets('available.open_spans', 'off.starts_at', 'off.ends_at') }}
    group by {{ columns('available', subject) }}
),

workable as (
    select
        {{ columns('available', subject) }},
        available.open_spans - coalesce(blocked.unpaid_spans, '{}') as open_spans,
        coalesce(blocked.paid_spans, '{}') as paid_spans
    from available
    left join blocked
        on {{ same('blocked', 'available', subject) }}
)
{%- endmacro %}
