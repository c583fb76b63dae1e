{# Business dates: the location's wall clock less its cut-over hour. `location` is a relation with `timezone`
   and `cutover_hour`. #}

{% macro business_date_of(instant, location) -%}
{{ return(adapter.dispatch('business_date_of', 'medspa')(instant, location)) }}
{%- endmacro %}

{% macro postgres__business_date_of(instant, location) -%}
cast(
    ({{ instant }} at time zone {{ location }}.timezone) - make_interval(hours => {{ location }}.cutover_hour)
    as date
)
{%- endmacro %}

{# The instant at which a business date is over. #}
{% macro business_date_end(date_, location) -%}
{{ return(adapter.dispatch('business_date_end', 'medspa')(date_, location)) }}
{%- endmacro %}

{% macro postgres__business_date_end(date_, location) -%}
(
    (cast({{ date_ }} + 1 as timestamp) + make_interval(hours => {{ location }}.cutover_hour))
    at time zone {{ location }}.timezone
)
{%- endmacro %}

{% macro first_of_month(date_) -%}
cast({{ dbt.date_trunc('month', date_) }} as date)
{%- endmacro %}

{% macro months_between(first, last) -%}
cast(
    12 * (extract(year from {{ last }}) - extract(year from {{ first }}))
    + extract(month from {{ last }}) - extract(month from {{ first }})
    as integer
)
{%- endmacro %}

{# Sets of spans of time: joined, met, taken from one another, and how many minutes they hold. #}
{% macro joined_spans(starts, ends, where='true') -%}
{{ return(adapter.dispatch('joined_spans', 'medspa')(starts, ends, where)) }}
{%- endmacro %}

{% macro postgres__joined_spans(starts, ends, where) -%}
coalesce(
    range_agg(tstzrange({{ starts }}, {{ ends }}, '[)')) filter (where {{ where }}), cast('{}' as tstzmultirange)
)
{%- endmacro %}

{% macro minutes_in(spans) -%}
{{ return(adapter.dispatch('minutes_in', 'medspa')(spans)) }}
{%- endmacro %}

{% macro postgres__minutes_in(spans) -%}
cast(coalesce((
    select round(sum(extract(epoch from upper(one.span) - lower(one.span))) / 60)
    from unnest({{ spans }}) as one (span)
), 0) as bigint)
{%- endmacro %}

{# Whether joined spans and one span overlap. #}
{% macro meets(spans, starts, ends) -%}
{{ return(adapter.dispatch('meets', 'medspa')(spans, starts, ends)) }}
{%- endmacro %}

{% macro postgres__meets(spans, starts, ends) -%}
{{ spans }} && tstzrange({{ starts }}, {{ ends }}, '[)')
{%- endmacro %}
