{# dbt's own answer needs a database. While the statements of a build are written out, which happens without
   one, `written_out` says for which kind of build. #}

{% macro is_incremental() -%}
{% if var('written_out', none) is none %}
{{ return(dbt.is_incremental()) }}
{% else %}
{{ return(var('written_out') == 'incremental') }}
{% endif %}
{%- endmacro %}
