{# Those days and all later ones of the location: balances are carried forward. #}
{% macro touched_balance_days() -%}
select day.org_id, day.location_id, day.business_date
from {{ ref('fct_business_day') }} as day
inner join (
    select org_id, location_id, min(business_date) as first_date
    from ({{ touched_days() }}) as moved
    group by org_id, location_id
) as moved
    on
        moved.org_id = day.org_id
        and moved.location_id = day.location_id
        and moved.first_date <= day.business_date
union
{{ touched_days() }}
{%- endmacro %}

{# Client keys whose visits, treatments or own record moved, and those whose cycle rules moved. #}
{% macro touched_clients() -%}
select resolved.org_id, resolved.client_key
from {{ ref('int_clients__resolved') }} as resolved
inner join (
    {{ since('client', ['org_id', 'id']) }}
    union
    {# Whose a record was and is: one that was parted and merged into another leaves the first without its rows. #}
    {{ since('client', ['org_id', 'merged_into_id'], 'merged_into_id is not null') }}
    union
    {{ since('appointment', ['org_id', 'client_id']) }}
    union
    {{ since('treatment_record', ['org_id', 'client_id']) }}
    union
    select item.org_id, appointment.client_id
    from ({{ since('appointment_item', ['org_id', 'appointment_id']) }}) as item
    inner join {{ source('raw', 'appointment') }} as appointment
        on appointment.org_id = item.org_id and appointment.id = item.appointment_id
    union
    {{ moved_clients() }}
) as moved (org_id, client_id)
    on moved.org_id = resolved.org_id and moved.client_id = resolved.client_id
union
{{ since('client', ['org_id', 'client_key']) }}
{%- endmacro %}

{# The same, and everybody treated in a category or with a product whose cycle rules moved. #}
{% macro touched_cycles() -%}
{{ touched_clients() }}
union
select treatment.org_id, treatment.client_key
from {{ ref('fct_treatment') }} as treatment
inner join ({{ since('treatment_category', ['org_id', 'id']) }}) as category
    on category.org_id = treatment.org_id and category.id = treatment.category_id
union
select treatment.org_id, treatment.client_key
from {{ ref('fct_treatment') }} as treatment
inner join ({{ since('product', ['org_id', 'id']) }}) as product
    on product.org_id = treatment.org_id and product.id = treatment.product_id
{%- endmacro %}

{# Due dates of cycles that were written or taken away since the last complete build: fct_cycle_due notes both. #}
{% macro touched_due_days() -%}
{% set since_complete = '(select coalesce(max(build_id), 0) from meta.build_run where completed_at is not null)' %}
select org_id, location_id, due_on
from {{ ref('fct_cycle_due') }}
where _build_id > {{ since_complete }}
union
select
    org_id,
    cast(row_key ->> 'location_id' as uuid) as location_id,
    cast(row_key ->> 'due_on' as date) as due_on
from meta.replaced_key
where relation = 'fct_cycle_due' and build_id > {{ since_complete }}
{%- endmacro %}
