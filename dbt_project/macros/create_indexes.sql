{# dbt's own, then statistics: what is built next joins the table at once, and a planner that knows nothing of it
   took nested loops over the whole of it (minutes instead of a second at 10 000 visits). #}
{% macro postgres__create_indexes(relation) -%}
{% do dbt.default__create_indexes(relation) %}
{% do run_query('analyze ' ~ relation) %}
{%- endmacro %}
