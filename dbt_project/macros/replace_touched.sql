{# Incremental models replace what was touched: this pre-hook deletes it inside the model's transaction and
   notes the deleted keys for the publisher; the model then appends its new rows. A full refresh does
   neither. #}

{% macro replace_touched(touched, scope, keys, joins_sums=false) -%}
{% if is_incremental() %}
{{ return(adapter.dispatch('replace_touched', 'medspa')(touched, scope, keys, joins_sums)) }}
{% else %}
{{ return(adapter.dispatch('before_whole', 'medspa')()) }}
{% endif %}
{%- endmacro %}

{# Every row is joined, so tables are scanned and hashed once. Keys of two columns make the planner expect a
   thousandth of the rows, for which it would look each of them up (2 minutes instead of half a minute at 500 000 visits). #}
{% macro postgres__before_whole() -%}
set local enable_nestloop = off
{%- endmacro %}

{# A table of its own with statistics: joined as a subquery of unknown size, 2 000 touched invoices of 200 000
   took five minutes instead of a second. #}
{% macro postgres__replace_touched(touched, scope, keys, joins_sums) -%}
create temporary table {{ touched_relation() }} on commit drop as
select distinct {{ scope | join(', ') }}
from (
    {{ touched }}
) as found ({{ scope | join(', ') }});

analyze {{ touched_relation() }};

{{ postgres__joins(joins_sums) }};

with gone as (
    delete from {{ this }} as row_
    using {{ touched_relation() }} as touched
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

{# Where sums are joined to rows, the planner, which expects one row of keys of several columns, makes the sums again
   for each of them: with 26 000 invoices touched that is hours. From a thousand rows on it has to hash. #}
{% macro postgres__joins(joins_sums) -%}
{% if joins_sums %}
select set_config('enable_nestloop', case when count(*) > 1000 then 'off' else 'on' end, true)
from {{ touched_relation() }}
{% else %}
set local enable_nestloop = on
{% endif %}
{%- endmacro %}

{% macro touched_relation() -%}
touched_{{ this.identifier }}
{%- endmacro %}

{# What the pre-hook was given, named in the model as well, for dbt finds the dependencies of a model only in
   its own text while it parses (`execute` is off). When the model runs nothing is left of it. #}
{% macro touched(scope) -%}
{% if not execute %}
named_for_dependencies ({{ scope | join(', ') }}) as (
    {{ caller() }}
)
{% else %}
no_rows as (select 1 as nothing)
{% endif %}
{%- endmacro %}

{# The rows an incremental run writes: those in the touched scope; everything on a full refresh. #}
{% macro only_touched(alias, scope) -%}
{% if is_incremental() %}
inner join {{ touched_relation() }} as touched
    on {{ same('touched', alias, scope) }}
{% endif %}
{%- endmacro %}
