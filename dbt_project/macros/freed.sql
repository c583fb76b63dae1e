{# The UTC date of an instant: claims are at most a day long, so what overlaps begins a day apart at most. #}
{% macro utc_date(instant) -%}
{{ return(adapter.dispatch('utc_date', 'medspa')(instant)) }}
{%- endmacro %}

{% macro postgres__utc_date(instant) -%}
cast(({{ instant }}) at time zone 'UTC' as date)
{%- endmacro %}

{# Days of a subject on which freed time may read differently: around claims that moved, of visits that moved or of
   which something was told (its event may come after the claim was given back), or whose client was merged or parted. #}
{% macro touched_claim_days() -%}
select claim.org_id, claim.subject_id, {{ utc_date('claim.starts_at') }} + shifted.days as claimed_on
from (
    {{ since('occupancy', ['org_id', 'subject_id', 'starts_at']) }}
    union
    select claim.org_id, claim.subject_id, claim.starts_at
    from {{ source('raw', 'occupancy') }} as claim
    inner join {{ source('raw', 'appointment') }} as appointment
        on appointment.org_id = claim.org_id and appointment.id = claim.appointment_id
    inner join ({{ moved_clients() }}) as moved
        on moved.org_id = appointment.org_id and moved.client_id = appointment.client_id
    union
    select claim.org_id, claim.subject_id, claim.starts_at
    from (
        {{ since('appointment', ['org_id', 'id']) }}
        union
        {{ since('appointment_history', ['org_id', 'appointment_id']) }}
    ) as visit (org_id, appointment_id)
    inner join {{ source('raw', 'occupancy') }} as claim
        on claim.org_id = visit.org_id and claim.appointment_id = visit.appointment_id
) as claim
cross join (values (-1), (0), (1)) as shifted (days)
{%- endmacro %}
