{# What was loaded after the last complete build. `raw` holds the rows as they are, `meta.before_*` the
   images of rows that were updated or deleted, so the union finds late, moved, corrected and removed rows. #}

{% macro since(table, columns, where='true') -%}
select {{ columns | join(', ') }}
from {{ source('raw', table) }}
where _batch_id > {{ var('from_batch') }} and {{ where }}
union
select {{ columns | join(', ') }}
from {{ source('before', 'before_' ~ table) }}
where _batch_id > {{ var('from_batch') }} and {{ where }}
{%- endmacro %}

{# Rows of `table` whose client was merged (or parted) since: their client key changes without them. #}
{% macro since_merged(table, column) -%}
union
select row_.org_id, row_.{{ column }}
from {{ source('raw', table) }} as row_
inner join ({{ moved_clients() }}) as moved
    on moved.org_id = row_.org_id and moved.client_id = row_.client_id
{%- endmacro %}

{# Client records that end at another key now: merged, parted, or merged into one that was. Nobody is looked
   for where the plan of the build knows that no record was merged or parted. #}
{% macro moved_clients() -%}
select distinct changed.org_id, changed.client_id
from (
    with recursive changed as (
        {{ since('client', ['org_id', 'id'], 'merged_into_id is not null') }}
    ),

    followed as (
        select org_id, id as client_id from changed

        union

        select client.org_id, client.id as client_id
        from followed
        inner join {{ source('raw', 'client') }} as client
            on client.org_id = followed.org_id and client.merged_into_id = followed.client_id
    )

    select org_id, client_id from followed
) as changed
where {{ var('merges', false) }}
{%- endmacro %}

{% macro touched_rows(table, has_client=true) -%}
{{ since(table, ['org_id', 'id']) }}
{% if has_client %}{{ since_merged(table, 'id') }}{% endif %}
{%- endmacro %}

{% macro touched_invoices() -%}
{{ since('invoice', ['org_id', 'id']) }}
union
{{ since('invoice_line', ['org_id', 'invoice_id']) }}
{{ since_merged('invoice', 'id') }}
{%- endmacro %}

{% macro touched_receivables() -%}
{{ touched_invoices() }}
union
{{ since('posting', ['org_id', 'invoice_id'], "account = '1100'") }}
{%- endmacro %}

{% macro touched_credit_memos() -%}
{{ since('credit_memo', ['org_id', 'id']) }}
union
{{ since('credit_memo_line', ['org_id', 'credit_memo_id']) }}
{{ since_merged('credit_memo', 'id') }}
{%- endmacro %}

{% macro touched_appointments() -%}
{{ since('appointment', ['org_id', 'id']) }}
union
{{ since('appointment_history', ['org_id', 'appointment_id']) }}
union
{{ since('appointment_item', ['org_id', 'appointment_id']) }}
{{ since_merged('appointment', 'id') }}
{%- endmacro %}

{% macro touched_drawer_sessions() -%}
{{ since('drawer_session', ['org_id', 'id']) }}
union
{{ since('payment', ['org_id', 'drawer_session_id']) }}
union
{{ since('payout', ['org_id', 'drawer_session_id'], 'drawer_session_id is not null') }}
union
{{ since('drawer_movement', ['org_id', 'drawer_session_id']) }}
{%- endmacro %}

{% macro touched_days() -%}
{% set day = ['org_id', 'location_id', 'business_date'] %}
{% for table in [
    'posting', 'invoice', 'invoice_line', 'credit_memo', 'business_day', 'drawer_session', 'refund_failure',
] %}
{{ since(table, day) }}
union
{% endfor %}
{{ since('payment', day, 'business_date is not null') }}
union
{{ since('payout', day, 'business_date is not null') }}
{%- endmacro %}
