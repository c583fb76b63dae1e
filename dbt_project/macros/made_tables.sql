{# How dbt makes a table from nothing, in two places otherwise than it would. #}

{# Rows lie in the order of the primary key: its index is filled from one end to the other, and what a reader of
   one organization asks for lies together. #}
{% macro postgres__get_select_subquery(sql) -%}
{{ dbt.default__get_select_subquery(sql) }}
{%- for constraint in model.constraints if constraint.type == 'primary_key' %}
order by {{ constraint.columns | join(', ') }}
{%- endfor %}
{%- endmacro %}

{# Statistics as well: what is built next joins the table at once, and a planner that knows nothing of it took
   nested loops over the whole of it (minutes instead of a second at 10 000 visits). #}
{% macro postgres__create_indexes(relation) -%}
{% do dbt.default__create_indexes(relation) %}
{% do run_query('analyze ' ~ relation) %}
{%- endmacro %}
