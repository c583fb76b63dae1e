{# Incremental models replace what was touched: this pre-hook deletes it inside the model's transaction and
   notes the deleted keys for the publisher; the model then appends its new rows. A full refresh does
   neither. #}

{% macro replace_touched(touched, scope, keys) -%}
{% if is_incremental() %}
{{ return(adapter.dispatch('replace_touched', 'medspa')(touched, scope, keys)) }}
{% else %}
select 1
{% endif %}
{%- endmacro %}

{% macro postgres__replace_touched(touched, scope, keys) -%}
with touched ({{ scope | join(', ') }}) as (
    {{ touched }}
),

gone as (
    delete from {{ this }} as row_
    using touched
    where {{ same('row_', 'touched', scope) }}
    returning {{ columns('row_', keys) }}
)

insert into meta.replaced_key (relation, build_id, org_id, row_key)
select
    '{{ this.identifier }}',
    {{ var('build_id') }},
    org_id,
    jsonb_build_object({% for key in keys %}'{{ key }}', {{ key }}{{ ', ' if not loop.last }}{% endfor %})
from gone
{%- endmacro %}

{# The CTE of what was touched. Outside incremental runs nothing reads it, so nothing is asked for; while dbt
   parses (`execute` is off) it is rendered for the dependencies. #}
{% macro touched(scope) -%}
touched ({{ scope | join(', ') }}) as (
    {% if is_incremental() or not execute %}
    {{ caller() }}
    {% else %}
    select {% for column in scope %}null as {{ column }}{{ ', ' if not loop.last }}{% endfor %}

    {% endif %}
)
{%- endmacro %}

{# The rows an incremental run writes: those in the touched scope; everything on a full refresh. #}
{% macro only_touched(alias, scope) -%}
{% if is_incremental() %}
inner join touched
    on {{ same('touched', alias, scope) }}
{% endif %}
{%- endmacro %}
