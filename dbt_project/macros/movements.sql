{# The column of the roll-forward that a posting on a liability belongs to, by its event. #}
{% macro movement_of(event) -%}
case {{ event }}
    {% for movement, events in var('movements').items() %}
    {% for one in events %}
    when '{{ one }}' then '{{ movement }}'
    {% endfor %}
    {% endfor %}
    else 'other'
end
{%- endmacro %}

{# The liabilities that are rolled forward; an allowance for breakage stands against its own. #}
{% macro rolled_forward() -%}
('{{ var("liabilities") | join("', '") }}')
{%- endmacro %}

{# Business days with visits whose appointments, invoices or revenue moved. #}
{% macro touched_visit_days() -%}
{{ since('appointment', ['org_id', 'location_id', 'business_date']) }}
union
select appointment.org_id, appointment.location_id, appointment.business_date
from {{ source('raw', 'appointment') }} as appointment
inner join (
    {{ touched_appointments() }}
    union
    select invoice.org_id, invoice.appointment_id
    from {{ source('raw', 'invoice') }} as invoice
    inner join (
        {{ touched_invoices() }}
        union
        select line.org_id, line.invoice_id
        from {{ source('raw', 'invoice_line') }} as line
        inner join ({{ since('posting', ['org_id', 'invoice_line_id']) }}) as posted
            on posted.org_id = line.org_id and posted.invoice_line_id = line.id
    ) as billed (org_id, invoice_id)
        on billed.org_id = invoice.org_id and billed.invoice_id = invoice.id
) as moved (org_id, appointment_id)
    on moved.org_id = appointment.org_id and moved.appointment_id = appointment.id
{%- endmacro %}

{# Business days whose tax moved: with their documents, with the parts of a line's tax, and with the list of
   the location's jurisdictions. #}
{% macro touched_tax_days() -%}
{{ touched_bridge_days() }}
union
select line.org_id, line.location_id, line.business_date
from {{ source('raw', 'invoice_line') }} as line
inner join ({{ since('invoice_line_tax', ['org_id', 'invoice_line_id']) }}) as part
    on part.org_id = line.org_id and part.invoice_line_id = line.id
union
select line.org_id, line.location_id, line.business_date
from {{ source('raw', 'invoice_line') }} as line
inner join ({{ since('tax_jurisdiction', ['org_id', 'location_id']) }}) as jurisdiction
    on jurisdiction.org_id = line.org_id and jurisdiction.location_id = line.location_id
union
select memo.org_id, memo.location_id, memo.business_date
from {{ source('raw', 'credit_memo') }} as memo
inner join ({{ since('tax_jurisdiction', ['org_id', 'location_id']) }}) as jurisdiction
    on jurisdiction.org_id = memo.org_id and jurisdiction.location_id = memo.location_id
{%- endmacro %}

{# Events whose tax is a line's own: its parts are rows of the line. #}
{% macro taxed_with_line() -%}
('line_performed', 'fee_charged', 'prepaid_sold', 'prepaid_used')
{%- endmacro %}

{# Movements of entitlements, and those of clients that were merged. #}
{% macro touched_entitlement_movements() -%}
{{ touched_rows('entitlement_movement', false) }}
union
select movement.org_id, movement.id
from {{ source('raw', 'entitlement_movement') }} as movement
inner join (
    {{ since('entitlement', ['org_id', 'id']) }}
    {{ since_merged('entitlement', 'id') }}
) as held
    on held.org_id = movement.org_id and held.id = movement.entitlement_id
{%- endmacro %}

{# Business days of the bridge: documents, postings, sessions and what prepaid released. #}
{% macro touched_bridge_days() -%}
{{ touched_days() }}
union
{{ since('entitlement_movement', ['org_id', 'location_id', 'business_date']) }}
union
{{ since('membership_period', ['org_id', 'location_id', 'ended_on'], 'ended_on is not null') }}
union
{{ touched_outside_days() }}
{%- endmacro %}
