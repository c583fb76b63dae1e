{# A key over columns that may be null: the hash of their texts, nulls told apart from empty texts. #}
{% macro hashed_key(columns, relation) -%}
{%- set parts = [] -%}
{%- for column in columns -%}
{%- do parts.append("coalesce(cast(" ~ relation ~ "." ~ column ~ " as " ~ dbt.type_string() ~ "), '-')") -%}
{%- if not loop.last %}{% do parts.append("'|'") %}{% endif -%}
{%- endfor -%}
{{ dbt.hash(dbt.concat(parts)) }}
{%- endmacro %}

{# The condition that two relations agree in columns that are never null. #}
{% macro same(left, right, columns) -%}
{%- for column in columns -%}
{{ left }}.{{ column }} = {{ right }}.{{ column }}{{ ' and ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{# Columns of a relation, by name. #}
{% macro columns(relation, names) -%}
{%- for name in names -%}
{{ relation }}.{{ name }}{{ ', ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{% macro build_id() -%}
cast({{ var('build_id') }} as {{ dbt.type_bigint() }}) as _build_id
{%- endmacro %}

{% macro days_after(date_, days) -%}
cast({{ dbt.dateadd('day', days, date_) }} as date)
{%- endmacro %}

{# Whether a list of words holds one of them. #}
{% macro has_word(list, word) -%}
{{ return(adapter.dispatch('has_word', 'medspa')(list, word)) }}
{%- endmacro %}

{% macro postgres__has_word(list, word) -%}
coalesce('{{ word }}' = any({{ list }}), false)
{%- endmacro %}
